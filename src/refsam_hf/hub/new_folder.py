"""A folder of results, whole or absent."""

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
    aside = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    try:
        aside.mkdir()
    except OSError as error:
        raise type(error)(f"{name}: expected a folder that can be written to, got {error.strerror}") from error
    try:
        yield aside
        for file in aside.rglob("*"):
            if file.is_file():
                file.chmod(0o644)  # safetensors leaves its files to their owner only
                _flush(file)
        if path.exists():
            path.rmdir()  # it is empty; not every system replaces it
        aside.rename(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
