"""JHMDB-Sentences: the frames that its metadata name, and masks from MATLAB files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from refsam_hf.benchmarks import decode_frames, decode_masks, decode_row, load_benchmark
from refsam_hf.benchmarks.problems import BenchmarkError, BenchmarkWarning
from refsam_hf.benchmarks.rows import row_features
from refsam_hf.video import VideoError

NAME = "jhmdb_sentences"
METADATA = "jhmdb_sentences_samples_metadata.json"


@pytest.fixture
def root(trees, tmp_path: Path) -> Path:
    return trees.jhmdb_sentences(tmp_path / "jhmdb")


@pytest.fixture
def change(root: Path) -> Callable[[Callable[[list[Any]], Any]], None]:
    def write(edit: Callable[[list[Any]], Any]) -> None:
        content = json.loads((root / METADATA).read_text())
        edit(content)
        (root / METADATA).write_text(json.dumps(content))

    return write


def test_rows_follow_the_schema(root: Path) -> None:
    rows = load_benchmark(NAME, root, "test")
    assert rows.features == row_features()
    assert rows["video_id"] == ["jump_a", "walk_b"]
    assert rows[1] == {
        "benchmark": NAME,
        "split": "test",
        "video_id": "walk_b",
        "expression_id": "0",
        "expression": "man walking",
        "object_ids": [1],
        "annotator": 0,
        "frames_dir": str(root / "Rename_Images" / "walk" / "walk_b"),
        "frame_names": ["00002", "00004"],
        "masks": str(root / "puppet_mask" / "walk" / "walk_b" / "puppet_mask.mat"),
    }


def test_a_row_is_decoded_to_its_masks(root: Path, trees) -> None:
    row = load_benchmark(NAME, root, "test")[0]
    decoded = decode_row(row)
    np.testing.assert_array_equal(decoded["frames"], trees.pictures(5)[[1, 3]])
    np.testing.assert_array_equal(decoded["masks"], (trees.labels(5) == 1)[[1, 3]])
    assert not decoded["void"].any()


def test_there_may_be_fewer_masks_than_frames(root: Path) -> None:
    row = load_benchmark(NAME, root, "test")[0] | {"frame_names": ["00005"]}
    assert len(decode_frames(row)) == 1
    with pytest.raises(VideoError, match=r"'jump_a'.*frame '00005': expected masks of it in .*mat, got 4 masks"):
        decode_masks(row)


def test_one_mask_alone_is_stored_without_its_last_axis(root: Path, trees) -> None:
    row = load_benchmark(NAME, root, "test")[0] | {"frame_names": ["00001"]}
    savemat(row["masks"], {"part_mask": np.ones((trees.HEIGHT, trees.WIDTH), np.uint8)})
    assert decode_masks(row)[0].shape == (1, trees.HEIGHT, trees.WIDTH)


def test_two_sentences_about_a_video_are_two_rows(root: Path, change: Callable[..., None]) -> None:
    change(lambda entries: entries.append([*entries[0][:4], "somebody else"]))
    rows = load_benchmark(NAME, root, "test")
    said = [(row["expression_id"], row["expression"], row["frame_names"]) for row in rows]
    assert said[1:] == [("0", "man walking", ["00002", "00004"]), ("1", "somebody else", ["00002"])]


@pytest.mark.parametrize("name", [METADATA, "Rename_Images", "puppet_mask"])
def test_a_missing_part(root: Path, name: str) -> None:
    (root / name).rename(root / "elsewhere")
    with pytest.raises(FileNotFoundError, match=rf"(?s)expected the (file|folder) {name}, got none; .*puppet_mask"):
        load_benchmark(NAME, root, "test")


def test_an_unknown_split_and_broken_metadata(root: Path) -> None:
    with pytest.raises(BenchmarkError, match="split: expected test, the only one, got 'train'"):
        load_benchmark(NAME, root, "train")
    for text, message in (
        ("[", "expected JSON"),
        ("{}", "with a list"),
        ("[[1, 2]]", r"entry 0: expected \[v"),
    ):
        (root / METADATA).write_text(text)
        with pytest.raises(BenchmarkError, match=message):
            load_benchmark(NAME, root, "test")


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, "../up", "id of a video: expected a plain name"),
        (1, "./jhmdb_sentences/Rename_Images/walk/../../00002.png", "expected a path like"),
        (1, "./jhmdb_sentences/Rename_Images/../walk_b/00002.png", "part of a path: expected a plain name"),
        (
            1,
            "/etc/passwd",
            "expected a path like .*/Rename_Images/ACTION/VIDEO/FILE, got '/etc/passwd'",
        ),
        (
            1,
            "./jhmdb_sentences/Rename_Images/walk/walk_b/00009.png",
            "expected an image for every frame, got none",
        ),
        (1, "./jhmdb_sentences/Rename_Images/walk/other/00002.png", "expected one folder of frames"),
        (2, "./jhmdb_sentences/puppet_mask/walk/none/puppet_mask.mat", "expected one folder of frames and one file"),
        (4, "", "sentence: expected words, got ''"),
        (4, None, "sentence: expected words, got None"),
    ],
)
def test_a_video_with_a_problem_is_left_out(
    root: Path, change: Callable[..., None], place: int, value: object, message: str
) -> None:
    change(lambda entries: entries[0].__setitem__(place, value))
    if place == 0:
        change(lambda entries: entries.pop(1))
    with pytest.warns(BenchmarkWarning, match=message):
        assert load_benchmark(NAME, root, "test")["video_id"] == ["jump_a"]


def test_a_video_without_its_masks(root: Path) -> None:
    path = root / "puppet_mask" / "walk" / "walk_b" / "puppet_mask.mat"
    row = load_benchmark(NAME, root, "test")[1]
    for content in (b"nonsense" * 40, path.read_bytes()[:200]):
        path.write_bytes(content)
        with pytest.raises(VideoError, match=r"'walk_b'.*puppet_mask\.mat: expected a MATLAB file"):
            decode_masks(row)
    for other in ({"mask": np.ones(3)}, {"part_mask": np.array([["a", 3]], dtype=object)}):
        savemat(path, other)
        with pytest.raises(VideoError, match=r"puppet_mask\.mat: expected (a MATLAB file with )?part_mask"):
            decode_masks(row)
    path.unlink()
    with pytest.raises(VideoError, match="'walk_b'"):
        decode_masks(row)
    with pytest.warns(BenchmarkWarning, match=r"'walk_b': .*puppet_mask\.mat: expected this file, got none"):
        load_benchmark(NAME, root, "test")
