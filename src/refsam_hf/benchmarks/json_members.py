"""Members of what was read from JSON, checked: a file of a benchmark may hold anything."""

from collections.abc import Mapping
from typing import Any

from .problems import BenchmarkError

LARGEST_ID = 2**31 - 1
"""Of an object; rows hold 32 bits."""

_KINDS = {dict: "an object", list: "a list", str: "a text", int: "a whole number"}


def member(item: object, key: str, kind: type, what: str) -> Any:
    """`item[key]`, of a kind: dict, list, str or int.

    Raises:
        BenchmarkError: there is no such member, or of another kind; `what` is what `item` is.
    """
    if not isinstance(item, Mapping):
        raise BenchmarkError(f"{what}: expected an object with {key!r}, got {type(item).__name__}")
    if key not in item:
        raise BenchmarkError(f"{what}: expected a member {key!r}, got only {', '.join(map(str, item)) or 'none'}")
    value = item[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BenchmarkError(f"{what}: expected {_KINDS[kind]} as {key!r}, got {type(value).__name__}")
    return value


def whole_number(value: object, what: str, least: int = 0, most: int = 10**18) -> int:
    """A number that JSON holds as one or as a text.

    Raises:
        BenchmarkError: it is none, or not from `least` to `most`.
    """
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdecimal() and len(text) <= 19 and least <= int(text) <= most):
        raise BenchmarkError(f"{what}: expected a whole number from {least} to {most}, got {value!r}")
    return int(text)
