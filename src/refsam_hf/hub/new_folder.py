"""A folder of results, whole or absent: written aside, put on the disk, and renamed."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def new_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a folder beside `path` to write into; when the block ends well, it becomes `path`.

    It is made at once: entered before long work, it shows that the path can be written to. An exception leaves
    nothing. Every file is readable for all and on the disk before the folder gets its name.

    Raises:
        OSError: `path` is something else than a new or an empty folder, or cannot be written to.
    """
    name, path = str(path), Path(path).resolve()  # where a link points
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{name}: expected an existing folder to write into, got {str(path.parent)!r}")
    if path.exists() and not (path.is_dir() and next(path.iterdir(), None) is None):
        raise FileExistsError(f"{name}: expected a new or an empty folder to write into, got something else")
    if path == Path.cwd() or os.path.ismount(path):
        raise FileExistsError(f"{name}: expected the name of a folder to make, got the current one or a mount point")
    with folder_aside(path, name) as aside:
        yield aside
        complete(aside)
        if path.exists():
            path.rmdir()  # it is empty; not every system replaces it
        aside.rename(path)
        flush(path.parent)


@contextmanager
def folder_aside(path: Path, name: str) -> Iterator[Path]:
    """A hidden folder beside `path`, which has to be renamed in the block: what is left of it behind is removed.

    Raises:
        OSError: it cannot be made; the error speaks of `name`.
    """
    aside = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    try:
        aside.mkdir()
    except OSError as error:
        raise type(error)(f"{name}: expected a folder that can be written to, got {error.strerror}") from error
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


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
