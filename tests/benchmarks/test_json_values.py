"""Values of a JSON file by position."""

import json
from pathlib import Path

import pytest

from refsam_hf.benchmarks.json_values import JsonFile, read_value
from refsam_hf.benchmarks.problems import BenchmarkError

CONTENT = {
    "7": [None, {"size": [2, 3], "counts": 'a"}],\\'}],
    "words": {"text": "été 猫", "list": [1.5, -2, True]},
    "empty": [],
    "last": 'a string with {"braces": [',
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_value_is_found_again(tmp_path: Path, indent: int | None, ascii_only: bool, mark: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(f"{mark} \n" + json.dumps(CONTENT, indent=indent, ensure_ascii=ascii_only), encoding="utf-8")
    file = JsonFile(path)
    values = list(file.values())
    assert len(values) == len(CONTENT)
    assert values[0].key == "7"
    assert values[0].content == CONTENT["7"]
    for value, expected in zip(values, CONTENT.values(), strict=True):
        assert read_value(path, value.start, value.end) == file.whole(value) == expected
        assert value.part is None


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("part", list(CONTENT))
def test_the_members_of_a_part_stand_in_its_place(tmp_path: Path, indent: int | None, part: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(CONTENT, indent=indent), encoding="utf-8")
    expected = []
    for key, content in CONTENT.items():
        if key == part and isinstance(content, (dict, list)):
            members = content.items() if isinstance(content, dict) else enumerate(content)
            expected += [(part, *member) for member in members]
        else:
            expected.append((None, key, content))
    values = list(JsonFile(path).values(part))
    assert [(value.part, value.key, value.content) for value in values] == [
        (name, key, content) for name, key, content in expected
    ]
    assert [read_value(path, value.start, value.end) for value in values] == [content for _, _, content in expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "3",
        '"a"',
        "[1",
        "[1 2]",
        "[1,",
        "[1,]",
        '{"a"',
        '{"a" 1}',
        '{"a": }',
        '{"a": 1,}',
        "{1: 2}",
        "[" * 10**5,
    ],
)
def test_broken_files(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(BenchmarkError, match=r"file\.json: expected JSON, got something broken or none"):
        list(JsonFile(path).values())


def test_a_file_that_was_changed(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text('{"a": [1, 2]}')
    (value,) = JsonFile(path).values()
    path.write_text('{"ab": [1, 2]}')
    with pytest.raises(BenchmarkError, match=r"file\.json: expected the file as it was"):
        read_value(path, value.start, value.end)
