"""What may stand in expressions.json, and what is said of everything else."""

import json
from pathlib import Path
from typing import Any

import pytest

from refsam_hf.benchmarks.own_clips.expressions import WrittenExpression, read_expressions
from refsam_hf.benchmarks.own_clips.problems import Problems


def _read(folder: Path, content: Any) -> tuple[list[WrittenExpression] | None, list[tuple[str, str]]]:
    path, problems = folder / "expressions.json", Problems(folder)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    expressions = read_expressions(path, problems)
    assert all(problem.files == ("expressions.json",) for problem in problems.found())
    return expressions, [(problem.what, problem.mend) for problem in problems.found()]


def test_texts_and_objects_are_read(tmp_path: Path) -> None:
    content = [
        {"text": " the\n red  car ", "object_ids": [2]},
        {"object_ids": [3, 1], "text": "die Häuser"},
        {"text": "nothing of the kind", "object_ids": []},
        {"text": "the only one"},
    ]
    assert _read(tmp_path, content) == (
        [
            WrittenExpression(0, "the red car", (2,)),
            WrittenExpression(1, "die Häuser", (3, 1)),
            WrittenExpression(2, "nothing of the kind", ()),
            WrittenExpression(3, "the only one", None),
        ],
        [],
    )


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert _read(tmp_path, b'\xef\xbb\xbf[{"text": "a car"}]') == ([WrittenExpression(0, "a car", None)], [])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "expected JSON in UTF-8, got something else: Expecting value: line 1 column 1 (char 0)"),
        ('[{"text": "a"},]', "expected JSON in UTF-8, got something else: "),
        ('[{"text": "a"}\n', "expected JSON in UTF-8, got something else: Expecting ',' delimiter: line 2 column 1"),
        (b'[{"text": "caf\xe9"}]', "expected JSON in UTF-8, got something else: 'utf-8' codec can't decode byte 0xe9"),
        ("[" * 200_000, "expected JSON in UTF-8, got something else: "),
        ([], "expected a list of expressions, got an empty list"),
        ({"text": "a"}, "expected a list of expressions, got an object"),
        ("null", "expected a list of expressions, got null"),
        ("7", "expected a list of expressions, got the number 7"),
        ("true", "expected a list of expressions, got true or false"),
    ],
)
def test_a_file_that_is_no_list_of_expressions(tmp_path: Path, content: Any, what: str) -> None:
    expressions, problems = _read(tmp_path, content)
    assert expressions is None
    ((said, mend),) = problems
    assert said.startswith(what)
    assert '[{"text": "the red car", "object_ids": [1]}]' in mend


@pytest.mark.parametrize(
    ("entry", "what", "mend"),
    [
        ("the car", "expression 1: expected an object with the keys 'text' and 'object_ids', got the text", "like [{"),
        ({}, 'expression 1: expected words as its "text", got none', "write what the object is called"),
        ({"text": " \n"}, 'expression 1: expected words as its "text", got the text \' \\n\'', "write what"),
        ({"text": ["a"]}, 'expression 1: expected words as its "text", got a list', "write what"),
        ({"text": 3}, 'expression 1: expected words as its "text", got the number 3', "write what"),
        ({"text": None}, 'expression 1: expected words as its "text", got null', "write what"),
        ({"text": "half \ud800"}, 'expression 1: expected words as its "text", got the text', "write what"),
        ({"text": "a", "object_id": 1}, "expression 1: expected the keys 'text' and 'object_ids', got 'object_id'",
         "write 'object_ids'"),
        ({"text": "a", "colour": 1}, "expression 1: expected the keys 'text' and 'object_ids', got 'colour'",
         "remove it"),
        ({"text": "a", "object_ids": 1}, "expression 1 ('a'): expected as \"object_ids\" a list of different whole "
         "numbers from 1 to 254, got 1", "like [1]"),
        ({"text": "a", "object_ids": ["1"]}, "numbers from 1 to 254, got ['1']", "like [1]"),
        ({"text": "a", "object_ids": [True]}, "numbers from 1 to 254, got [True]", "like [1]"),
        ({"text": "a", "object_ids": [0]}, "numbers from 1 to 254, got [0]", "like [1]"),
        ({"text": "a", "object_ids": [255]}, "numbers from 1 to 254, got [255]", "like [1]"),
        ({"text": "a", "object_ids": [2, 2]}, "numbers from 1 to 254, got [2, 2]", "like [1]"),
        ({"text": "a", "object_ids": None}, "numbers from 1 to 254, got None", "like [1]"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_used(tmp_path: Path, entry: Any, what: str, mend: str) -> None:
    expressions, problems = _read(tmp_path, [{"text": "good"}, entry])
    assert expressions is not None
    assert expressions[0] == WrittenExpression(0, "good", None)
    ((said, to_do),) = problems
    assert what in said
    assert mend in to_do


def test_a_key_that_stands_twice(tmp_path: Path) -> None:
    _, problems = _read(tmp_path, '[{"text": "a", "object_ids": [1], "text": "b"}]')
    assert [what for what, _ in problems] == ["expression 0: expected each key once, got 'text' twice"]


def test_every_entry_is_looked_at(tmp_path: Path) -> None:
    _, problems = _read(tmp_path, [{"text": ""}, {"text": "a", "object_ids": [0], "x": 1}, 5])
    assert [what.split(":")[0] for what, _ in problems] == [
        "expression 0",
        "expression 1",
        "expression 1 ('a')",
        "expression 2",
    ]
