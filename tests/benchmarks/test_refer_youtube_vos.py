"""Refer-YouTube-VOS: its rows and its pixels."""

import json
from pathlib import Path

import numpy as np
import pytest

from refsam_hf.benchmarks import decode_frames, decode_row, load_benchmark
from refsam_hf.benchmarks.problems import BenchmarkError
from refsam_hf.benchmarks.rows import row_features

NAME = "refer_youtube_vos"


@pytest.fixture
def root(trees, tmp_path: Path) -> Path:
    return trees.refer_youtube_vos(tmp_path / "ytvos")


def test_rows_follow_the_schema(root: Path) -> None:
    rows = load_benchmark(NAME, root, "train")
    assert rows.features == row_features()
    assert rows["video_id"] == ["a0", "a0", "b1", "b1"]
    assert rows[2] == {
        "benchmark": NAME,
        "split": "train",
        "video_id": "b1",
        "expression_id": "0",
        "expression": "the box that moves right",
        "object_ids": [1],
        "annotator": 0,
        "frames_dir": str(root / "train" / "JPEGImages" / "b1"),
        "frame_names": ["00005", "00010", "00015"],
        "masks": str(root / "train" / "Annotations" / "b1"),
    }


def test_a_row_is_decoded_to_its_target(root: Path, trees) -> None:
    for row, label in zip(list(load_benchmark(NAME, root, "train"))[2:], (1, 2), strict=True):
        decoded = decode_row(row)
        np.testing.assert_allclose(decoded["frames"].astype(int), trees.pictures(3), atol=2)
        np.testing.assert_array_equal(decoded["masks"], trees.labels(3) == label)
        np.testing.assert_array_equal(decoded["void"], trees.labels(3) == 255)


def test_valid_is_without_the_videos_of_test_and_hides_its_masks(root: Path, trees) -> None:
    valid, test = (load_benchmark(NAME, root, split) for split in ("valid", "test"))
    assert valid["video_id"] == ["v0", "v0", "v1", "v1"]
    assert test["video_id"] == ["t1", "t1"]
    for row in (valid[0], test[0]):
        assert (row["masks"], row["object_ids"]) == ("", [])
        np.testing.assert_allclose(decode_frames(row).astype(int), trees.pictures(2), atol=2)
    (root / "meta_expressions" / "test" / "meta_expressions.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"expected the file meta_expressions/test/meta_expressions\.json"):
        load_benchmark(NAME, root, "valid")


def test_masks_of_valid_are_used_where_its_objects_are_told(root: Path, trees) -> None:
    path = root / "meta_expressions" / "valid" / "meta_expressions.json"
    content = json.loads(path.read_text())
    for video in content["videos"].values():
        video["expressions"] = {"0": {"exp": "a box", "obj_id": "2"}, "1": {"exp": "a cat", "obj_id": None}}
    path.write_text(json.dumps(content))
    for video in ("v0", "v1"):
        trees.write_labels(root / "valid" / "Annotations" / video, ["00000", "00020"])
    box, cat = list(load_benchmark(NAME, root, "valid"))[:2]
    np.testing.assert_array_equal(decode_row(box)["masks"], trees.labels(2) == 2)
    assert cat["object_ids"] == []
    assert not decode_row(cat)["masks"].any()


def test_an_unknown_split(root: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"meta_expressions/vaild/meta_expressions.json, got none; .*layout|laid"
    ):
        load_benchmark(NAME, root, "vaild")
    with pytest.raises(BenchmarkError, match=r"split: expected a plain name, without a path, got '\.\./train'"):
        load_benchmark(NAME, root, "../train")
