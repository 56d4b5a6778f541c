"""Values of a JSON file by position."""

import json
from pathlib import Path

import pytest

from refsam_hf.benchmarks.json_values import JsonFile, read_value
from refsam_hf.benchmarks.problems import BenchmarkError

CONTENT = {
    "7": [None, {"size": [2, 3], "counts": 'a"}],\\'}],
    "é ü 猫": {"text": "été 猫", "list": [1.5, -2, True]},
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
    inner = list(file.values(values[1].start))
    assert [file.whole(value) for value in inner] == ["été 猫", [1.5, -2, True]]
    items = list(file.values(values[0].start))
    assert [(value.key, value.content) for value in items] == list(enumerate(CONTENT["7"]))
    assert list(file.values(values[2].start)) == []


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
