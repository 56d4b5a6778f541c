"""A folder of results, whole or absent: written aside, put on the disk, and renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .aside import new_folder_aside, put_in_place, remove
from .on_disk import complete, flush


@contextmanager
def new_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a folder beside `path` to write into; when the block ends well, it becomes `path`.

    It is made at once: entered before long work, it shows that the path can be written to. An exception leaves
    nothing. Every file is readable for all and on the disk before the folder gets its name.

    Raises:
        OSError: `path` is something else than a new or an empty folder, or cannot be written to.
    """
    name, path = str(path), Path(path).resolve()  # where a link points
    aside = new_folder_aside(path, name)
    try:
        yield aside
        complete(aside)
        put_in_place(aside, path)
        flush(path.parent)
    finally:
        remove(aside)
