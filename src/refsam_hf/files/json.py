"""JSON as it is read and written here."""

import json
import math
import os
from pathlib import Path
from typing import Any

from .naming import naming

_KINDS: dict[type, str] = {dict: "an object", list: "a list"}


def read_json(path: str | os.PathLike[str], kind: type, error: type[ValueError] = ValueError) -> Any:
    """The content of a JSON file.

    Args:
        kind: dict or list, what it has to be.
        error: what is raised.

    Raises:
        error: the file holds no JSON, or another kind.
        OSError: it cannot be read.
    """
    with naming(f"{path}: expected a JSON file"):
        encoded = Path(path).read_bytes()
    try:
        content = json.loads(encoded)
    except (ValueError, RecursionError) as problem:
        raise error(f"{path}: expected JSON, got something else: {problem}") from problem
    if not isinstance(content, kind):
        raise error(f"{path}: expected JSON with {_KINDS[kind]}, got {type(content).__name__}")
    return content


def json_text(content: Any, indent: int | None = 2) -> str:
    """JSON, `null` for a number that there is not (NaN, infinity).

    Args:
        indent: for people; None for one line.
    """
    return json.dumps(_plain(content), indent=indent, allow_nan=False) + "\n"


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {str(name): _plain(value) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_plain(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
