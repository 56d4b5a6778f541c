"""Values of a large JSON file, by where they stand in it, so that a row can be opened without reading all of it.

A position counts bytes. UTF-8 is walked through as if it were Latin-1, which keeps them, and changes no sign that JSON
itself uses.
"""

import codecs
import json
import re
from collections.abc import Generator, Iterator
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from .problems import BenchmarkError

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class Value(NamedTuple):
    """A member of an object or a list.

    Attributes:
        key: its name, or its place in the list; of a name, letters beyond ASCII are not what they should be.
        part: the member of the file that it is a member of, None if that is the file itself.
        start, end: its first byte, and the one behind its last.
        content: what it is, with the same fault; `JsonFile.whole` and `read_value` do not have it.
    """

    key: str | int
    part: str | None
    start: int
    end: int
    content: Any


class JsonFile:
    """A JSON file whose values are found by position.

    Raises:
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._text = path.read_bytes().decode("latin-1")
        self._start = len(codecs.BOM_UTF8) if self._text.startswith(codecs.BOM_UTF8.decode("latin-1")) else 0

    def values(self, part: str | None = None) -> Iterator[Value]:
        """The members of the file, in one pass.

        Args:
            part: a member that is an object or a list, in whose place its own members are given, one by one.

        Raises:
            BenchmarkError: the file is broken, or holds neither an object nor a list.
        """
        try:
            yield from _members(self._text, self._start, part)
        except (ValueError, IndexError, RecursionError) as error:
            raise BenchmarkError(f"{self.path}: expected JSON, got something broken or none: {error}") from error

    def whole(self, value: Value) -> Any:
        """The content of a value with all of its letters."""
        return _loads(self._text[value.start : value.end].encode("latin-1"), self.path)


def read_value(path: str | PathLike[str], start: int, end: int) -> Any:
    """The value that stands at a position of a JSON file.

    Raises:
        OSError: the file cannot be read.
        BenchmarkError: there is no value: the file was changed.
    """
    with Path(path).open("rb") as file:
        file.seek(start)
        return _loads(file.read(end - start), path)


def _loads(data: bytes, path: str | PathLike[str]) -> Any:
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BenchmarkError(f"{path}: expected the file as it was when the benchmark was loaded: {error}") from error


def _members(
    text: str, position: int, part: str | None = None, inside: str | None = None
) -> Generator[Value, None, int]:
    """Gives the members of what stands at a position, and returns the position behind it."""
    position = _skip(text, position)
    is_object = text[position] == "{"
    if text[position] not in "{[":
        raise ValueError(f"neither an object nor a list at {position}")
    closing = "}" if is_object else "]"
    position, place = _skip(text, position + 1), 0
    while text[position] != closing or place:
        key: str | int = place
        if is_object:
            key, position = _DECODER.raw_decode(text, position)
            position = _skip(text, position)
            if not isinstance(key, str) or text[position] != ":":
                raise ValueError(f"no name and colon at {position}")
            position = _skip(text, position + 1)
        if inside is None and key == part and text[position] in "{[":
            end = yield from _members(text, position, inside=part)
        else:
            content, end = _DECODER.raw_decode(text, position)
            yield Value(key, inside, position, end, content)
        position, place = _skip(text, end), place + 1
        if text[position] == closing:
            break
        if text[position] != ",":
            raise ValueError(f"neither a comma nor {closing} at {position}")
        position = _skip(text, position + 1)
    return position + 1


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
