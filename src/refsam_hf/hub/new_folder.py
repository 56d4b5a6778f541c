"""A folder of results, whole or absent: written aside, put on the disk, and renamed."""

import ctypes
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_AT_FDCWD = -100  # of Linux: paths are as they stand
_RENAME_EXCHANGE = 2
_AWAY = "-old"


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
    with _written_aside(path, name) as aside:
        yield aside
        _complete(aside)
        if path.exists():
            path.rmdir()  # it is empty; not every system replaces it
        aside.rename(path)
        flush(path.parent)


@contextmanager
def replaced_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """As `new_folder`, but an older folder there is replaced when the new one is complete.

    On Linux there is no instant without one of the two; elsewhere the old one is away while two names are changed.

    Raises:
        OSError: the folder cannot be written; what stood there before is still there.
    """
    path = Path(path).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_dir():
        raise FileExistsError(f"{path}: expected the name of a folder to write, got a file")
    with _written_aside(path, str(path)) as aside:
        yield aside
        _complete(aside)
        if not path.exists():
            aside.rename(path)
        elif not _exchange(aside, path):
            old = aside.with_name(f"{aside.name}{_AWAY}")
            path.rename(old)
            try:
                aside.rename(path)
            except OSError:
                old.rename(path)
                raise
            shutil.rmtree(old)
        flush(path.parent)


def clear_unfinished(path: str | os.PathLike[str]) -> None:
    """Clears up what killed processes have left of `replaced_folder(path)`; an old folder caught away is put back."""
    path = Path(path).resolve()
    for left in sorted(path.parent.glob(f".{path.name}-{'[0-9a-f]' * 12}{_AWAY}")):
        if not path.exists():
            left.rename(path)
    for left in path.parent.glob(f".{path.name}-{'[0-9a-f]' * 12}*"):
        shutil.rmtree(left, ignore_errors=True)


def flush(path: Path) -> None:
    """Makes sure that a file, or the names in a folder, are on the disk."""
    if os.name != "posix" and path.is_dir():
        return  # only there can a folder be opened
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _written_aside(path: Path, name: str) -> Iterator[Path]:
    aside = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    try:
        aside.mkdir()
    except OSError as error:
        raise type(error)(f"{name}: expected a folder that can be written to, got {error.strerror}") from error
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _complete(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            file.chmod(0o644)  # safetensors leaves its files to their owner only
        flush(file)
    flush(folder)


def _exchange(first: Path, second: Path) -> bool:
    """Swaps the names of two folders in one instant; False where the system cannot do that."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    done: int = renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE)
    return done == 0
