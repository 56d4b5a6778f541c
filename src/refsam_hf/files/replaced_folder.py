"""A folder whose contents change all at once."""

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .aside import check_can_be_replaced, folder_aside, remove
from .on_disk import complete, flush, states

_AT_FDCWD = -100  # of Linux: paths are as they stand
_RENAME_EXCHANGE = 2
_AWAY = "-old"


@contextmanager
def replaced_folder(path: str | os.PathLike[str], *, empty: bool = False) -> Iterator[Path]:
    """Gives a folder beside `path` to write into, with what `path` holds; when the block ends well, it becomes `path`.

    The parents are made if they are missing. An exception leaves `path` as it was. On Linux there is no instant at
    which there is no folder under its name; elsewhere there is one, while two names are changed. Files that were
    written are readable for all; those that were there keep their permissions.

    Args:
        empty: the new folder starts with nothing.

    Raises:
        OSError: `path` is a file, a mount point, or a folder that the current one is in, or cannot be written to.
    """
    name, path = str(path), Path(path).resolve()
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"{name}: expected a folder to write into, got a file")
    check_can_be_replaced(path, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = folder_aside(path, name)
    try:
        if path.exists() and not empty:
            shutil.copytree(path, aside, dirs_exist_ok=True)
        copied = states(aside)
        yield aside
        complete(aside, copied)
        _swap(aside, path)
        flush(path.parent)
    finally:
        remove(aside)


def clear_unfinished(path: str | os.PathLike[str]) -> None:
    """Clears up what killed processes have left of `replaced_folder(path)`; an old folder caught away is put back."""
    path = Path(path).resolve()
    left = f".{path.name}-{'[0-9a-f]' * 12}"
    for old in path.parent.glob(left + _AWAY):
        if not path.exists():
            old.rename(path)
    for folder in path.parent.glob(left + "*"):
        shutil.rmtree(folder, ignore_errors=True)


def _swap(new: Path, path: Path) -> None:
    if not path.exists():
        new.rename(path)
        return
    if _exchange(new, path):
        return
    old = new.with_name(new.name + _AWAY)
    path.rename(old)
    try:
        new.rename(path)
    except OSError:
        old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _exchange(first: Path, second: Path) -> bool:
    """Swaps the names of two folders in one instant; False where the system cannot do that."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    done: int = renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE)
    return done == 0
