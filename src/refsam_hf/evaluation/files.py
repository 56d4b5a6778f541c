"""Files of results, whole or absent."""

import json
import math
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def written_aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a path beside `path` to write to; what stands there when the block ends well is then put under `path`.

    The file is made at once: entered before a long measurement, it shows that the path can be written to. An exception
    leaves what stood under `path` before.

    Raises:
        OSError: the path cannot be written to.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: expected an existing folder to write into, got {str(path.parent)!r}")
    if path.is_dir():
        raise IsADirectoryError(f"{path}: expected the name of a file to write, got a folder")
    aside = path.with_name(f".{secrets.token_hex(6)}{path.suffix}")
    try:
        aside.touch(exist_ok=False)
    except OSError as error:
        raise type(error)(f"{path}: expected a folder that can be written to, got {error.strerror}") from error
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def json_text(content: Any, indent: int | None = 2) -> str:
    """JSON, `null` for a number that there is not (NaN); indented for people, in one line where `indent` is None."""
    return json.dumps(_plain(content), indent=indent, allow_nan=False) + "\n"


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {str(name): _plain(value) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_plain(value) for value in content]
    return None if isinstance(content, float) and math.isnan(content) else content
