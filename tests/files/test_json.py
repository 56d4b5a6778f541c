"""JSON is written as every program reads it, and what is read has the right kind."""

import json

import pytest

from refsam_hf.files.json import json_text, read_json
from refsam_hf.video import VideoError


def test_a_number_that_there_is_not_becomes_null():
    content = {"a": [1, float("nan")], "b": {"c": (0.5, "x", float("inf"), -float("inf"))}, 3: True}
    assert json.loads(json_text(content)) == {"a": [1, None], "b": {"c": [0.5, "x", None, None]}, "3": True}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_is_read(tmp_path, encoding):
    (tmp_path / "a.json").write_text('{"text": "中"}', encoding=encoding)
    assert read_json(tmp_path / "a.json", dict) == {"text": "中"}


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"{", dict, "expected JSON, got something else: "),
        (b"", dict, "expected JSON, got something else: "),
        (b'"caf\xe9"', dict, "expected JSON, got something else: "),
        (b"[" * 200_000, list, "expected JSON, got something else: "),
        (b"[]", dict, "expected JSON with an object, got list"),
        (b"{}", list, "expected JSON with a list, got dict"),
    ],
)
def test_what_is_not_expected_is_named(tmp_path, content, kind, message):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(VideoError, match=f"a.json: {message}"):
        read_json(tmp_path / "a.json", kind, VideoError)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a.json: expected a JSON file: No such file"):
        read_json(tmp_path / "a.json", dict)
