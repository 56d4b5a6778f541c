"""A hidden file or folder beside the one that it becomes.

It is made at once, before the work whose result it takes: that shows that the path can be written to.
"""

import os
import secrets
import shutil
from pathlib import Path


def file_aside(path: Path) -> Path:
    """Makes an empty file beside `path`, with its suffix (encoders go by it).

    Raises:
        OSError: `path` is a folder, or cannot be written to.
    """
    _check_parent(path, str(path))
    if path.is_dir():
        raise IsADirectoryError(f"{path}: expected the name of a file to write, got a folder")
    aside = path.with_name(f".{secrets.token_hex(6)}{path.suffix.lower()}")
    try:
        aside.touch(exist_ok=False)
    except OSError as error:
        raise _cannot_write(str(path), error) from error
    return aside


def clear_files_aside(folder: Path) -> None:
    """Removes what `file_aside` made in a folder for a process that was killed."""
    for left in folder.glob(f".{'[0-9a-f]' * 12}.*"):
        left.unlink()


def new_folder_aside(path: Path, name: str) -> Path:
    """Makes a folder beside `path`, which has to be that of a new or an empty folder.

    Args:
        path: with its links resolved; `name` is what it was called, for the errors.

    Raises:
        OSError: `path` is something else, or cannot be written to.
    """
    _check_parent(path, name)
    if path.exists() and not (path.is_dir() and next(path.iterdir(), None) is None):
        raise FileExistsError(f"{name}: expected a new or an empty folder to write into, got something else")
    check_can_be_replaced(path, name)
    return folder_aside(path, name)


def check_can_be_replaced(path: Path, name: str) -> None:
    """Whether another folder can take the name of this one, if it is there.

    Raises:
        OSError: it is a mount point, or the current folder is in it, which would be gone for this process.
    """
    if _holds_the_current(path) or os.path.ismount(path):
        raise FileExistsError(
            f"{name}: expected the name of a folder to make or to replace, "
            "got the current one, one around it, or a mount point"
        )


def _holds_the_current(path: Path) -> bool:
    try:
        return Path.cwd().is_relative_to(path)
    except FileNotFoundError:  # it is gone already
        return False


def folder_aside(path: Path, name: str) -> Path:
    """Makes a folder beside `path`, whatever stands there.

    Raises:
        OSError: it cannot be made; the error speaks of `name`.
    """
    aside = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    try:
        aside.mkdir()
    except OSError as error:
        raise _cannot_write(name, error) from error
    return aside


def put_in_place(aside: Path, path: Path) -> None:
    """Gives a file or folder its name, in place of a file or of an empty folder."""
    if aside.is_dir() and path.exists():
        path.rmdir()  # it is empty; not every system replaces it
    os.replace(aside, path)


def remove(aside: Path) -> None:
    """Removes what is left of it, if it was not put in place."""
    if aside.is_dir():
        shutil.rmtree(aside, ignore_errors=True)
    else:
        aside.unlink(missing_ok=True)


def _check_parent(path: Path, name: str) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{name}: expected an existing folder to write into, got {str(path.parent)!r}")


def _cannot_write(name: str, error: OSError) -> OSError:
    return type(error)(f"{name}: expected a folder that can be written to, got {error.strerror}")
