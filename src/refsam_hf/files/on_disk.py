"""What is written, put on the disk: a loss of power after a rename would leave a name with nothing behind it."""

import os
from pathlib import Path


def complete(folder: Path) -> None:
    """Makes every file readable for all, and sure that all of it is on the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o644)  # safetensors leaves its files to their owner only
        flush(path)
    flush(folder)


def flush(path: Path) -> None:
    """Makes sure that a file, or the names in a folder, are on the disk."""
    if os.name != "posix" and path.is_dir():
        return  # no folder can be opened there
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
