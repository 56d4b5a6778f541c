"""A checkpoint folder that is whole or absent."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from .adaptation import save_trained


def save_checkpoint(folder: str | os.PathLike[str], model: Any, processor: Any) -> None:
    """Saves a model and its processor into one folder; an older one there is replaced when the new one is complete.

    Args:
        folder: for `RefSamModel.from_pretrained`, the processor's, and the pipeline.
        model: a `RefSamModel`; of one with an adaptation, that alone is saved.
        processor: a `RefSamProcessor`.

    Raises:
        OSError: if the folder cannot be written; what stood there before is still there.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        save_trained(model, new)
        processor.save_pretrained(new)
        new.chmod(0o755)  # mkdtemp makes it readable for its owner only
        for path in new.rglob("*"):
            if path.is_file():
                path.chmod(0o644)  # safetensors leaves its files to their owner only, too
                _flush(path)
        if folder.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
            folder.rename(old / folder.name)
            try:
                new.rename(folder)
            except OSError:
                (old / folder.name).rename(folder)
                old.rmdir()
                raise
            shutil.rmtree(old)
        else:
            new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _flush(path: Path) -> None:
    """Makes sure that a file is on the disk before the folder gets its name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
