"""Folders in the style of YouTube-VIS: where expressions come from, and masks in RLE and polygons."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from refsam_hf.benchmarks import decode_frames, decode_masks, decode_row, load_benchmark
from refsam_hf.benchmarks.json_masks import COLUMNS
from refsam_hf.benchmarks.problems import BenchmarkError, BenchmarkWarning
from refsam_hf.benchmarks.rows import row_features
from refsam_hf.video import VideoError

NAME = "youtube_vis"


@pytest.fixture
def root(trees, tmp_path: Path) -> Path:
    return trees.youtube_vis(tmp_path / "ytvis")


@pytest.fixture
def change(root: Path) -> Callable[[Callable[[dict[str, Any]], Any]], None]:
    def write(edit: Callable[[dict[str, Any]], Any]) -> None:
        path = root / "train" / "instances.json"
        content = json.loads(path.read_text())
        edit(content)
        path.write_text(json.dumps(content))

    return write


def test_rows_follow_the_schema(root: Path) -> None:
    rows = load_benchmark(NAME, root, "train")
    assert rows.features == row_features(COLUMNS)
    said = [(row["video_id"], row["expression_id"], row["expression"], row["object_ids"]) for row in rows]
    assert said == [
        ("y1", "0", "round box", [21]),
        ("y1", "1", "box", [22]),
        ("y2", "0", "both boxes, été", [11, 12]),
        ("y2", "1", "the one that comes later", [12]),
    ]
    row = dict(rows[2])
    assert len(row.pop("mask_spans")) == 4
    assert row == {
        "benchmark": NAME,
        "split": "train",
        "video_id": "y2",
        "expression_id": "0",
        "expression": "both boxes, été",
        "object_ids": [11, 12],
        "annotator": 0,
        "frames_dir": str(root / "train" / "JPEGImages" / "y2"),
        "frame_names": ["00000", "00004", "00008"],
        "masks": str(root / "train" / "instances.json"),
        "mask_frames": ["00000", "00004", "00008"],
    }


def test_a_row_is_decoded_to_its_objects(root: Path, trees) -> None:
    for row, labels in zip(load_benchmark(NAME, root, "train"), ([1], [2], [1, 2], [2]), strict=True):
        decoded = decode_row(row)
        np.testing.assert_allclose(decoded["frames"].astype(int), trees.pictures(3), atol=2)
        np.testing.assert_array_equal(decoded["masks"], np.isin(trees.labels(3), labels))
    some = row | {"frame_names": ["00008"]}
    np.testing.assert_array_equal(decode_masks(some)[0], (trees.labels(3) == 2)[2:])


def test_two_entries_may_share_their_frames(root: Path, change: Callable[..., None]) -> None:
    """As code for referring expressions writes it: an entry for each expression."""
    change(lambda content: content["videos"][1].update(file_names=content["videos"][0]["file_names"]))
    rows = load_benchmark(NAME, root, "train")
    assert rows["video_id"] == ["y2"] * 4
    assert rows["expression_id"] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("place", ["train.json", "annotations/train.json"])
def test_the_file_and_the_frames_may_lie_elsewhere(root: Path, place: str) -> None:
    (root / "annotations").mkdir()
    (root / "train" / "instances.json").rename(root / place)
    (root / "train" / "JPEGImages").rename(root / "JPEGImages")
    row = load_benchmark(NAME, root, "train")[0]
    assert (row["masks"], row["frames_dir"]) == (str(root / place), str(root / "JPEGImages" / "y1"))


def test_a_file_without_annotations_hides_its_masks(root: Path, change: Callable[..., None]) -> None:
    change(lambda content: content.update(annotations=None))
    (row,) = load_benchmark(NAME, root, "train")
    assert (row["expression"], row["masks"], row["object_ids"]) == ("both boxes, été", "", [])
    assert len(decode_frames(row)) == 3


@pytest.mark.parametrize("name", ["instances.json", "JPEGImages"])
def test_a_missing_part(root: Path, name: str) -> None:
    (root / "train" / name).rename(root / "elsewhere")
    with pytest.raises(FileNotFoundError, match=rf"(?s)expected the (file|folder) train/{name} or .*got none; .*se"):
        load_benchmark(NAME, root, "train")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda content: content.pop("videos"), "expected a member 'videos'"),
        (lambda content: content["annotations"].append([]), "annotation 4: expected an object with 'id', got list"),
        (
            lambda content: content["annotations"][0].update(id=2**40),
            "annotation 0, id: expected a whole number from 0 to 2147483647",
        ),
        (lambda content: content["annotations"][0].update(expressions="text"), "expected a list as 'expressions'"),
        (lambda content: content["categories"].append({}), "category: expected a member 'id'"),
    ],
)
def test_a_file_of_another_form(
    root: Path, change: Callable[..., None], edit: Callable[..., Any], message: str
) -> None:
    change(edit)
    with pytest.raises(BenchmarkError, match=message):
        load_benchmark(NAME, root, "train")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda video: video.update(file_names=[]), "video 1: expected the names of its frames, got none"),
        (lambda video: video["file_names"].append("y2/8.jpg"), "video 'y2': .* got none for 8"),
        (lambda video: video.update(file_names=["../y1/00000.jpg"]), r"expected file_names like VIDEO/FRAME\.jpg"),
        (lambda video: video.update(file_names=["/y1/0.jpg"]), r"expected file_names like VIDEO/FRAME\.jpg"),
        (lambda video: video.update(file_names=["../00000.jpg"]), "folder of the video: expected a plain name"),
        (lambda video: video.update(file_names=["y2/00000.jpg", "y1/00004.jpg"]), "all in one folder, got others"),
        (lambda video: video["file_names"].append("y2/9.jpg"), "expected an image for every frame, got none for 9"),
        (lambda video: video["file_names"].pop(), "annotation 11: expected 2 segmentations, one per frame, got 3"),
        (lambda video: video.update(expressions=[3]), "expression: expected words, got 3"),
        (lambda video: video.pop("file_names"), "video: expected a member 'file_names'"),
    ],
)
def test_a_video_with_a_problem_is_left_out(
    root: Path, change: Callable[..., None], edit: Callable[..., Any], message: str
) -> None:
    change(lambda content: edit(content["videos"][0]))
    with pytest.warns(BenchmarkWarning, match=message):
        assert load_benchmark(NAME, root, "train")["video_id"] == ["y1", "y1"]


def test_a_mask_that_is_none(root: Path, change: Callable[..., None]) -> None:
    change(
        lambda content: content["annotations"][2]["segmentations"].__setitem__(1, {"size": [24, 32], "counts": "1"})
    )
    row = load_benchmark(NAME, root, "train")[0]
    assert len(decode_masks(row | {"frame_names": ["00000"]})[0]) == 1
    with pytest.raises(VideoError, match=r"'y1' of youtube_vis: frame '00004': mask: expected counts that add up to"):
        decode_masks(row)
