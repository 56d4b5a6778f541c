"""Reads `expressions.json`: what is said about the objects of a clip."""

import difflib
import json
import reprlib
import textwrap
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...video.palette import MAX_LABELS
from .problems import Problems, is_plain

KEYS = ("text", "object_ids")
LONGEST_SHOWN = 60
EXAMPLE = '[{"text": "the red car", "object_ids": [1]}]'


@dataclass(frozen=True)
class WrittenExpression:
    """An expression as it stands in the file: `number` is its place there, from 0; `object_ids` may be left out."""

    number: int
    text: str
    object_ids: tuple[int, ...] | None

    def __str__(self) -> str:
        return f"expression {self.number} ({textwrap.shorten(self.text, LONGEST_SHOWN, placeholder='...')!r})"


class _Object(dict[str, Any]):
    """A JSON object that remembers the keys it was given twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated = sorted(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)


def read_expressions(path: Path, problems: Problems) -> list[WrittenExpression] | None:
    """The expressions of a file that are sound; None if the file as a whole is not. What is wrong is noted."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_Object)
    except OSError as error:
        problems.add(path, f"expected a file that can be read, got {error.strerror}", "allow reading it")
        return None
    except (ValueError, RecursionError) as error:
        what = f"expected JSON in UTF-8, got something else: {error}"
        problems.add(path, what, f"mend it at that place; it should look like {EXAMPLE}")
        return None
    if not isinstance(content, list) or not content:
        problems.add(path, f"expected a list of expressions, got {_kind(content)}", f"write it like {EXAMPLE}")
        return None
    notes = _Notes(path, problems)
    expressions = [notes.read(number, entry) for number, entry in enumerate(content)]
    return [expression for expression in expressions if expression is not None]


class _Notes:
    """Reads entries of one file, noting what is wrong with them."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self._path = path
        self._problems = problems

    def read(self, number: int, entry: Any) -> WrittenExpression | None:
        """The expression, or None if it has no usable text or objects."""
        name = f"expression {number}"
        if not isinstance(entry, _Object):
            self._add(name, f"expected an object with the keys {_list(KEYS)}, got {_kind(entry)}", f"like {EXAMPLE}")
            return None
        for key in entry.repeated:
            self._add(name, f"expected each key once, got {key!r} twice", "remove one, or make it an expression more")
        for key in sorted(entry.keys() - set(KEYS)):
            near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.5)
            mend = f"write {near[0]!r}" if near else "remove it"
            self._add(name, f"expected the keys {_list(KEYS)}, got {key!r}", mend)
        words = entry.get("text")
        text = " ".join(words.split()) if isinstance(words, str) else ""
        if not text or not is_plain(text):
            got = _kind(words) if "text" in entry else "none"
            self._add(name, f'expected words as its "text", got {got}', "write what the object is called")
            return None
        written = WrittenExpression(number, text, None)
        if "object_ids" not in entry:
            return written
        ids = entry["object_ids"]
        if not _are_labels(ids):
            what = f'expected as "object_ids" a list of different whole numbers from 1 to {MAX_LABELS}'
            mend = "write the labels that its objects have in the masks, like [1]"
            self._add(str(written), f"{what}, got {reprlib.repr(ids)}", mend)
            return None
        return replace(written, object_ids=tuple(ids))

    def _add(self, name: str, what: str, mend: str) -> None:
        self._problems.add(self._path, f"{name}: {what}", mend)


def _are_labels(ids: Any) -> bool:
    return (
        isinstance(ids, list)
        and all(type(label) is int and 1 <= label <= MAX_LABELS for label in ids)
        and len(set(ids)) == len(ids)
    )


def _kind(value: Any) -> str:
    """What a JSON value is, in JSON's words."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"the text {reprlib.repr(value)}"
    if isinstance(value, bool | int | float):
        return "true or false" if isinstance(value, bool) else f"the number {value}"
    return "an object" if isinstance(value, dict) else "an empty list" if value == [] else "a list"


def _list(names: tuple[str, ...]) -> str:
    return " and ".join(repr(name) for name in names)
