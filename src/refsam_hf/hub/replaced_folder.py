"""A folder whose contents change all at once."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .new_folder import _flush


@contextmanager
def replaced_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a folder beside `path` to write into, with what `path` holds; when the block ends well, it becomes `path`.

    The parents are made if they are missing. An exception leaves `path` as it was.

    Raises:
        OSError: `path` is a file, or cannot be written to.
    """
    name, path = str(path), Path(path).resolve()
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"{name}: expected a folder to write into, got a file")
    aside = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if path.exists():
            shutil.copytree(path, aside)
        else:
            aside.mkdir()
        yield aside
        for file in aside.rglob("*"):
            if file.is_file():
                file.chmod(0o644)  # safetensors leaves its files to their owner only
                _flush(file)
        _swap(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _swap(new: Path, path: Path) -> None:
    if not path.exists():
        new.rename(path)
        return
    old = path.with_name(f".{path.name}-old-{secrets.token_hex(6)}")
    path.rename(old)
    try:
        new.rename(path)
    except OSError:
        old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)
