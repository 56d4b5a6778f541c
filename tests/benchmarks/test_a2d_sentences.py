"""A2D-Sentences: frames of a video, and masks as MATLAB left them in HDF5."""

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from refsam_hf.benchmarks import decode_frames, decode_masks, decode_row, load_benchmark
from refsam_hf.benchmarks.problems import BenchmarkError, BenchmarkWarning
from refsam_hf.benchmarks.rows import row_features
from refsam_hf.video import VideoError

NAME = "a2d_sentences"


@pytest.fixture
def root(trees, tmp_path: Path) -> Path:
    return trees.a2d_sentences(tmp_path / "a2d")


@pytest.fixture
def masks_of(root: Path) -> Path:
    """The folder of the masks of the video of test."""
    return root / "text_annotations" / "a2d_annotation_with_instances" / "a-test"


def test_rows_follow_the_schema(root: Path, masks_of: Path) -> None:
    rows = load_benchmark(NAME, root, "test")
    assert rows.features == row_features()
    assert list(rows) == [
        {
            "benchmark": NAME,
            "split": "test",
            "video_id": "a-test",
            "expression_id": str(ids[0]),
            "expression": text,
            "object_ids": ids,
            "annotator": 0,
            "frames_dir": str(root / "Release" / "clips320H" / "a-test.mp4"),
            "frame_names": frames,
            "masks": str(masks_of),
        }
        for text, ids, frames in [
            ("the bird on top", [0], ["00002", "00004"]),
            ("a bird, lower down", [3], ["00004"]),
        ]
    ]
    assert load_benchmark(NAME, root, "train")["video_id"] == ["_train", "_train"]


def test_a_row_is_decoded_to_its_instance(root: Path, trees) -> None:
    for row, label, places in zip(load_benchmark(NAME, root, "test"), (1, 2), ([1, 3], [3]), strict=True):
        decoded = decode_row(row)
        np.testing.assert_array_equal(decoded["masks"], (trees.labels(5) == label)[places])
        np.testing.assert_allclose(decoded["frames"].astype(int), trees.pictures(5)[places], atol=4)
        assert not decoded["void"].any()


def test_frames_that_are_not_annotated_are_decoded_too(root: Path, trees) -> None:
    row = load_benchmark(NAME, root, "test")[0] | {"frame_names": ["00005", "00001"]}
    np.testing.assert_allclose(decode_frames(row).astype(int), trees.pictures(5)[[4, 0]], atol=4)
    with pytest.raises(VideoError, match=r"'a-test'.*frame '00005': expected masks in .*it is not annotated"):
        decode_masks(row)
    with pytest.raises(VideoError, match=r"'a-test'.*frame '00006': expected it in .*mp4, got a video of 5 frames"):
        decode_frames(row | {"frame_names": ["00002", "00006"]})


def test_texts_may_lie_beside_the_release(root: Path) -> None:
    for path in list((root / "text_annotations").iterdir()):
        path.rename(root / path.name)
    assert len(load_benchmark(NAME, root, "test")) == 2


@pytest.mark.parametrize(
    "name",
    [
        "Release/videoset.csv",
        "Release/clips320H",
        "text_annotations/a2d_annotation.txt",
        "text_annotations/a2d_missed_videos.txt",
        "text_annotations/a2d_annotation_with_instances",
    ],
)
def test_a_missing_part(root: Path, name: str) -> None:
    (root / name).rename(root / "elsewhere")
    with pytest.raises(FileNotFoundError, match=rf"(?s)expected the (file|folder) {name}.*got none; .*Release/"):
        load_benchmark(NAME, root, "test")


def test_an_unknown_split(root: Path) -> None:
    with pytest.raises(BenchmarkError, match="split: expected one of train, test, got 'val'"):
        load_benchmark(NAME, root, "val")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("Release/videoset.csv", "a-test,1\nb,x\n", r"videoset\.csv, line 2: expected 0 or 1 .* got 'x'"),
        ("text_annotations/a2d_annotation.txt", "video,query\n", "expected the columns video_id, instance_id"),
        (
            "text_annotations/a2d_annotation.txt",
            "video_id,instance_id,query\na-test,0\n",
            "line 2: expected 3 col",
        ),
        ("text_annotations/a2d_annotation.txt", 'video_id,instance_id,query\na,0,"b', "comma-separated values"),
    ],
)
def test_texts_that_are_broken(root: Path, name: str, text: str, message: str) -> None:
    (root / name).write_text(text)
    with pytest.raises(BenchmarkError, match=message):
        load_benchmark(NAME, root, "test")


def test_a_video_with_a_problem_is_left_out(root: Path, masks_of: Path) -> None:
    csv = root / "Release" / "videoset.csv"
    csv.write_text(csv.read_text().replace("2,0\n", "2,1\n"))  # both videos are of test now
    (masks_of / "00004.h5").write_bytes((masks_of / "00004.h5").read_bytes()[:500])
    with pytest.warns(BenchmarkWarning, match=r"'a-test': .*00004\.h5: expected an HDF5 file that is whole"):
        assert load_benchmark(NAME, root, "test")["video_id"] == ["_train", "_train"]
    (masks_of / "00004.h5").unlink()
    with pytest.warns(BenchmarkWarning, match="'a-test': .*expected masks of the instance 3, got none"):
        load_benchmark(NAME, root, "test")
    (root / "Release" / "clips320H" / "a-test.mp4").unlink()
    with pytest.warns(BenchmarkWarning, match=r"'a-test': .*a-test\.mp4: expected this file, got none"):
        load_benchmark(NAME, root, "test")


def test_an_instance_of_two_sentences_could_not_be_told_apart(root: Path) -> None:
    texts = root / "text_annotations" / "a2d_annotation.txt"
    texts.write_text(texts.read_text() + "_train,3,said again\n")
    with pytest.raises(BenchmarkError, match="'_train': sentence 2: expected each instance once, got 3 twice"):
        load_benchmark(NAME, root, "train")


def test_arrays_in_other_files_are_not_read(root: Path, masks_of: Path, tmp_path: Path) -> None:
    row = load_benchmark(NAME, root, "test")[0]
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.ones((32, 24), np.uint8)
    with h5py.File(masks_of / "00002.h5", "a") as file:
        del file["reMask"]
        file["reMask"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "secret")
    with pytest.raises(VideoError, match=r"frame '00002': .*expected an array 'reMask' in it"):
        decode_masks(row)
    with h5py.File(masks_of / "00002.h5", "a") as file:
        del file["reMask"]
        raw = [(str(tmp_path / "other.h5"), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("reMask", (32, 24), "u1", external=raw)
    with pytest.raises(VideoError, match=r"frame '00002': .*expected 'reMask' to be numbers that lie in it"):
        decode_masks(row)


def test_masks_of_another_form_or_size(root: Path, masks_of: Path) -> None:
    row = load_benchmark(NAME, root, "test")[0]
    with h5py.File(masks_of / "00004.h5", "a") as file:
        del file["reMask"]
        file["reMask"] = np.zeros((3, 32, 24), np.uint8)
    with pytest.raises(VideoError, match=r"frame '00004': .*expected one mask for each of 2 instances, got shape"):
        decode_masks(row)
    with h5py.File(masks_of / "00004.h5", "a") as file:
        del file["reMask"]
        file["reMask"] = np.zeros((2, 40, 30), np.uint8)
    with pytest.raises(VideoError, match=r"frame '00004': expected 24x32 \(height x width\) .*got 30x40"):
        decode_masks(row)


@pytest.mark.parametrize(("name", "module"), [(NAME, "h5py"), ("jhmdb_sentences", "scipy.io")])
def test_without_its_library_the_error_says_how_to_get_it(
    name: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # importing it fails as if it were not installed
    expected = rf"{name}: expected {module.removesuffix('.io')} to read .*: pip install refsam_hf\[benchmarks\]"
    with pytest.raises(BenchmarkError, match=expected):
        load_benchmark(name, tmp_path, "test")
