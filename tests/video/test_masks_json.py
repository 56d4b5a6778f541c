"""masks.json, written and read."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from refsam_hf.video import VideoError
from refsam_hf.video.masks_json import MasksJson, read_masks_json
from refsam_hf.video.rle import decode_rle, encode_rle

MASK = np.zeros((4, 6), bool)
MASK[1:3, 2:5] = True


def content() -> dict[str, Any]:
    return {
        "video": "clip.mp4",
        "height": 4,
        "width": 6,
        "fps": 10.0,
        "expressions": [
            {
                "text": "das größte Ding",
                "frame_indices": [0, 1],
                "scores": [0.5, 0.25],
                "masks": [dict(encode_rle(MASK)), dict(encode_rle(~MASK))],
            }
        ],
    }


def test_the_form(tmp_path: Path) -> None:
    path = tmp_path / "masks.json"
    with MasksJson(path, ["das größte Ding"], video="clip.mp4", fps=10.0) as output:
        frame = np.zeros((4, 6, 3), np.uint8)
        output.write(frame, MASK[None], [0.5])
        output.write(frame, ~MASK[None], np.array([0.25], np.float32))
    assert json.loads(path.read_text(encoding="utf-8")) == content()
    read = read_masks_json(path)
    assert read == content()
    np.testing.assert_array_equal(decode_rle(read["expressions"][0]["masks"][1]), ~MASK)


def test_a_rate_that_is_not_known(tmp_path: Path) -> None:
    with MasksJson(tmp_path / "masks.json", ["x"], video="folder", fps=None) as output:
        output.write(np.zeros((4, 6, 3), np.uint8), MASK[None], [1])
    assert read_masks_json(tmp_path / "masks.json")["fps"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"height": None}, "the file: expected another type of 'height', got NoneType"),
        ({"height": True}, "the file: expected another type of 'height', got bool"),
        ({"height": 5}, r"expression 0, frame 0: expected a mask of size \[5, 6\], got \[4, 6\]"),
        ({"expressions": {}}, "the file: expected another type of 'expressions', got dict"),
        ({"expressions": [7]}, "expression 0: expected an object, got int"),
        ({"expressions": [{"text": "x"}]}, r"expression 0: expected a field 'frame_indices', got only \['text'\]"),
    ],
)
def test_what_differs_is_named(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "masks.json"
    path.write_text(json.dumps(content() | change), encoding="utf-8")
    with pytest.raises(VideoError, match=rf"masks.json: {message}"):
        read_masks_json(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": [0.5]}, "expected as many frame_indices as scores and masks"),
        ({"scores": [0.5, "high"]}, "expected a whole number and a score, got 1 and 'high'"),
        ({"masks": [None, None]}, "mask: expected an RLE"),
        ({"masks": [{"size": [4, 6], "counts": "0"}] * 2}, "add up to 4x6 = 24, got 0"),
    ],
)
def test_what_differs_in_an_expression_is_named(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "masks.json"
    changed = content()
    changed["expressions"][0] |= change
    path.write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(VideoError, match=message):
        read_masks_json(path)


def test_what_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "masks.json"
    for text in (b'{"video": ', b"\xff\xfe", b"[]"):
        path.write_bytes(text)
        with pytest.raises(VideoError, match=r"masks.json: .*expected"):
            read_masks_json(path)
    with pytest.raises(FileNotFoundError):
        read_masks_json(tmp_path / "missing.json")
