"""What is written, put on the disk: a loss of power after a rename would leave a name with nothing behind it."""

import os
from collections.abc import Mapping
from pathlib import Path

State = tuple[int, int, int]


def states(folder: Path) -> dict[Path, State]:
    """By what is seen of every file in a folder whether it was written since."""
    return {path: _state(path) for path in folder.rglob("*") if path.is_file()}


def complete(folder: Path, before: Mapping[Path, State] | None = None) -> None:
    """Makes every file that was written readable for all, and sure that all of it is on the disk.

    Args:
        before: the `states` of the files that were there before; those that are the same keep their permissions.
    """
    for path in folder.rglob("*"):
        if path.is_file() and (before or {}).get(path) != _state(path):
            path.chmod(0o644)  # safetensors leaves its files to their owner only
        flush(path)
    flush(folder)


def _state(path: Path) -> State:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def flush(path: Path) -> None:
    """Makes sure that a file, or the names in a folder, are on the disk."""
    if os.name != "posix" and path.is_dir():
        return  # no folder can be opened there
    # Windows flushes only what is open for writing
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
