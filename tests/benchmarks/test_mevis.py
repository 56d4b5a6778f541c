"""MeViS: targets are unions of objects whose masks stand in one large file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from refsam_hf.benchmarks import decode_frames, decode_masks, decode_row, json_masks, load_benchmark
from refsam_hf.benchmarks.json_masks import COLUMNS
from refsam_hf.benchmarks.json_values import read_value
from refsam_hf.benchmarks.problems import BenchmarkError, BenchmarkWarning
from refsam_hf.benchmarks.rows import row_features
from refsam_hf.video import VideoError

NAME = "mevis"


@pytest.fixture
def root(trees, tmp_path: Path) -> Path:
    return trees.mevis(tmp_path / "mevis")


@pytest.fixture
def change(root: Path) -> Callable[[str, Callable[[Any], Any]], None]:
    def write(file: str, edit: Callable[[Any], Any]) -> None:
        content = json.loads((root / "valid_u" / file).read_text())
        edit(content)
        (root / "valid_u" / file).write_text(json.dumps(content))

    return write


def test_rows_follow_the_schema(root: Path) -> None:
    rows = load_benchmark(NAME, root, "valid_u")
    assert rows.features == row_features(COLUMNS)
    row = dict(rows[3])
    assert len(row.pop("mask_spans")) == 4
    assert row == {
        "benchmark": NAME,
        "split": "valid_u",
        "video_id": "m2",
        "expression_id": "1",
        "expression": "all boxes that move",
        "object_ids": [0, 1],
        "annotator": 0,
        "frames_dir": str(root / "valid_u" / "JPEGImages" / "m2"),
        "frame_names": ["00000", "00001", "00002"],
        "masks": str(root / "valid_u" / "mask_dict.json"),
        "mask_frames": ["00000", "00001", "00002"],
    }
    assert rows["video_id"] == ["m1", "m1", "m2", "m2"]


def test_the_masks_of_an_object_are_read_once_for_a_clip_in_parts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    monkeypatch.setattr(json_masks, "read_value", lambda *where: read.append(where) or read_value(*where))
    rows = list(load_benchmark(NAME, root, "valid_u"))[:2]  # one object, and two of which it is one
    masks = [decode_masks(row | {"frame_names": [name]})[0][0] for row in rows for name in row["frame_names"]]
    assert len(read) == 2
    np.testing.assert_array_equal(masks, np.concatenate([decode_masks(row)[0] for row in rows]))


def test_a_row_is_decoded_to_the_union_of_its_objects(root: Path, trees) -> None:
    one, both = list(load_benchmark(NAME, root, "valid_u"))[:2]
    decoded = decode_row(both)
    np.testing.assert_allclose(decoded["frames"].astype(int), trees.pictures(3), atol=2)
    np.testing.assert_array_equal(decoded["masks"], np.isin(trees.labels(3), [1, 2]))
    np.testing.assert_array_equal(decode_row(one)["masks"], trees.labels(3) == 1)
    assert not decoded["void"].any()


def test_only_the_frames_asked_for_in_their_order(root: Path, trees) -> None:
    row = load_benchmark(NAME, root, "valid_u")[1] | {"frame_names": ["00002", "00000"]}
    Path(row["frames_dir"], "00001.jpg").write_bytes(b"damaged")
    np.testing.assert_array_equal(decode_row(row)["masks"], np.isin(trees.labels(3), [1, 2])[[2, 0]])
    with pytest.raises(VideoError, match="frame '00009': expected a frame of which there are masks"):
        decode_masks(row | {"frame_names": ["00009"]})


def test_the_masks_of_valid_are_hidden(root: Path, trees) -> None:
    row = load_benchmark(NAME, root, "valid")[0]
    assert (row["masks"], row["object_ids"], row["mask_spans"]) == ("", [], [])
    assert decode_frames(row).shape == (3, trees.HEIGHT, trees.WIDTH, 3)
    with pytest.raises(VideoError, match="those of the split 'valid' of mevis are not public"):
        decode_masks(row)


@pytest.mark.parametrize("name", ["meta_expressions.json", "mask_dict.json", "JPEGImages"])
def test_a_missing_part(root: Path, name: str) -> None:
    (root / "valid_u" / name).rename(root / "elsewhere")
    with pytest.raises(FileNotFoundError, match=rf"(?s)expected the (file|folder) valid_u/{name}, got none; .*mask_"):
        load_benchmark(NAME, root, "valid_u")


def test_broken_masks(root: Path) -> None:
    path = root / "valid_u" / "mask_dict.json"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(BenchmarkError, match=r"mask_dict\.json: expected JSON"):
        load_benchmark(NAME, root, "valid_u")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"anno_id": [7, 12]}, "'m1': expression '0': expected the masks of 12 in mask_dict.json, got none"),
        ({"anno_id": [9]}, "masks of 9: expected 3, one per frame, got 0"),
        ({"anno_id": "7"}, "expected a list as 'anno_id', got str"),
        ({"obj_id": ["x"]}, "expression '0', obj_id: expected a whole number"),
        ({"exp": 5}, "expected a text as 'exp', got int"),
    ],
)
def test_a_video_with_a_problem_is_left_out(root: Path, change: Callable[..., None], value: Any, message: str) -> None:
    change("meta_expressions.json", lambda content: content["videos"]["m1"]["expressions"]["0"].update(value))
    with pytest.warns(BenchmarkWarning, match=message):
        assert load_benchmark(NAME, root, "valid_u")["video_id"] == ["m2", "m2"]


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ({"size": [24, 32], "counts": [10, 20]}, r"frame '00001': mask: expected counts that add up to 24x32 = 768"),
        (
            {"size": [32, 24], "counts": [768]},
            r"frame '00001': expected a mask of its frame's size, .*got 32x24",
        ),
        ({"size": [24, 32]}, "frame '00001': mask: expected an RLE"),
        ("text", "frame '00001': mask: expected a list of polygons, got text"),
    ],
)
def test_a_mask_that_is_none(root: Path, change: Callable[..., None], mask: Any, message: str) -> None:
    change("mask_dict.json", lambda content: content["7"].__setitem__(1, mask))
    row = load_benchmark(NAME, root, "valid_u")[0]
    assert decode_masks(row | {"frame_names": ["00000", "00002"]})[0].any()
    with pytest.raises(VideoError, match=rf"video 'm1' of mevis: {message}"):
        decode_masks(row)
