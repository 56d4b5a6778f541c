"""A file of results, whole or absent."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .aside import file_aside, put_in_place, remove


@contextmanager
def written_aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a path beside `path` to write to; what stands there when the block ends well is then put under `path`.

    The file is made at once: entered before a long measurement, it shows that the path can be written to. An exception
    leaves what stood under `path` before.

    Raises:
        OSError: the path cannot be written to.
    """
    path = Path(path)
    aside = file_aside(path)
    try:
        yield aside
        put_in_place(aside, path)
    finally:
        remove(aside)
