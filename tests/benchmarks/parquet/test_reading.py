"""What was prepared is the benchmark: the same rows, pixels and scores, by the same name."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset

from refsam_hf.benchmarks import decode_frames, decode_masks, decode_row, iterate_frames, load_benchmark
from refsam_hf.benchmarks.parquet import LOCAL_COLUMNS, prepare
from refsam_hf.benchmarks.problems import BenchmarkError
from refsam_hf.evaluation.evaluate_rows import by_video
from refsam_hf.evaluation.protocols import Predicted, protocol_of
from refsam_hf.training.row_clips import RowClips
from refsam_hf.video import VideoError
from refsam_hf.video.rle import encode_rle

SHAPES = {"num_clips": 2, "num_frames": 3, "size": (48, 64)}
CASES = [
    ("refer_youtube_vos", "train"),
    ("refer_youtube_vos", "valid"),
    ("ref_davis17", "valid"),
    ("mevis", "valid_u"),
    ("refcoco+", "train"),
    ("a2d_sentences", "test"),
    ("jhmdb_sentences", "test"),
    ("youtube_vis", "train"),
    ("own_clips", "1:"),
    ("shapes", "test-unseen"),
]

Both = Callable[[str, str], tuple[Dataset, Dataset]]


@pytest.fixture
def both(trees, own_clips, tmp_path: Path) -> Both:
    """The rows of a small tree, in `tree`, and those of what was prepared of it, in `prepared`."""

    def make(name: str, split: str) -> tuple[Dataset, Dataset]:
        root: Path | None = tmp_path / "tree"
        if name == "own_clips":
            own_clips("walk").rename(root)
        elif name == "refcoco+":
            trees.refcoco(root, name)
        elif name == "shapes":
            root = None
        else:
            getattr(trees, name)(root)
        options = SHAPES if name == "shapes" else {}
        rows = load_benchmark(name, root, split, **options)
        prepare(name, root, [split], tmp_path / "prepared", **options)
        return rows, load_benchmark(name, tmp_path / "prepared", split)

    return make


def predictions(rows: list, seed: int) -> dict[str, Predicted]:
    """For each row its true masks, shaken; the last of several is not handed in."""
    rng = np.random.default_rng(seed)
    found = {}
    for row in rows[:-1] or rows:
        masks = decode_masks(row)[0]
        shaken = [np.roll(mask, rng.integers(-3, 4, 2), axis=(0, 1)) for mask in masks]
        found[row["expression_id"]] = Predicted([encode_rle(mask) for mask in shaken], [0.5] * len(masks))
    return found


def same_scores(name: str, rows: Dataset, again: Dataset) -> None:
    for variant in ("default", "semi-supervised") if name == "ref_davis17" else ("default",):
        protocol = protocol_of(name, variant)
        videos, prepared = by_video(rows), by_video(again)
        scores: list[float] = []
        for seed, video in enumerate(videos):
            found = predictions(videos[video], seed)
            items = [protocol.score_video(part[video], found, decode_masks) for part in (videos, prepared)]
            assert items[0] == items[1]
            scores += [item["score"] for item in items[0]]
        assert any(0 < score < 1 for score in scores)


@pytest.mark.parametrize(("name", "split"), CASES)
def test_rows_pixels_and_scores_are_the_same(both: Both, tmp_path: Path, name: str, split: str) -> None:
    rows, again = both(name, split)
    places = [column for column in LOCAL_COLUMNS if column in rows.column_names]
    assert again.remove_columns(["frames_dir", "masks"]).to_list() == rows.remove_columns(places).to_list()
    for row, other in zip(rows, again, strict=True):
        np.testing.assert_array_equal(decode_frames(other), decode_frames(row))
        some = {"frame_names": row["frame_names"][::-1][:2]}
        np.testing.assert_array_equal(list(iterate_frames(other | some)), decode_frames(row | some))
        assert bool(other["masks"]) == bool(row["masks"])
        if row["masks"]:
            np.testing.assert_array_equal(decode_masks(other), decode_masks(row))
            np.testing.assert_array_equal(decode_masks(other | some), decode_masks(row | some))
    if rows[0]["masks"]:
        same_scores(name, rows, again)
    if (tmp_path / "tree").exists():
        shutil.rmtree(tmp_path / "tree")  # nothing else is needed
    assert decode_frames(again[0]).shape[0] == len(again[0]["frame_names"])


def test_objects_that_nobody_speaks_of_count_as_before(trees, tmp_path: Path) -> None:
    """Ref-DAVIS17 scores every object of the first frame; here object 1 has no expression in one of the videos."""
    root = trees.ref_davis17(tmp_path / "tree")
    path = root / "meta_expressions" / "valid" / "meta_expressions.json"
    content = json.loads(path.read_text())
    said = content["videos"]["dogs"]["expressions"]
    content["videos"]["dogs"]["expressions"] = {key: entry for key, entry in said.items() if entry["obj_id"] != "1"}
    path.write_text(json.dumps(content))
    prepare("ref_davis17", root, ["valid"], tmp_path / "prepared")
    rows, again = (load_benchmark("ref_davis17", place, "valid") for place in (root, tmp_path / "prepared"))
    np.testing.assert_array_equal(
        decode_masks(again[-1] | {"object_ids": [1]}), decode_masks(rows[-1] | {"object_ids": [1]})
    )
    same_scores("ref_davis17", rows, again)


def test_a_training_gets_the_same_clips(both: Both, tiny_processor) -> None:
    rows, again = both("mevis", "valid_u")
    first, second = (RowClips(tiny_processor, part, num_frames=2) for part in (rows, again))
    assert first.samples_per_pass == second.samples_per_pass
    for index in range(3):
        one, two = first[index], second[index]
        assert one.keys() == two.keys()
        assert all(one[name].equal(two[name]) for name in one)


def test_several_files_are_one_split(trees, tmp_path: Path) -> None:
    root = trees.mevis(tmp_path / "tree")
    prepare("mevis", root, ["valid_u"], tmp_path / "prepared", shard_bytes=1)
    assert len(list((tmp_path / "prepared" / "videos").iterdir())) == 2
    rows, again = (load_benchmark("mevis", place, "valid_u") for place in (root, tmp_path / "prepared"))
    for row, other in zip(rows, again, strict=True):
        for name, value in decode_row(row).items():
            np.testing.assert_array_equal(decode_row(other)[name], value)


def test_another_benchmark_split_or_option_is_an_error(both: Both, tmp_path: Path) -> None:
    both("own_clips", "1:")
    prepared = tmp_path / "prepared"
    with pytest.raises(BenchmarkError, match="expected rows of the benchmark 'mevis', got those of 'own_clips'"):
        load_benchmark("mevis", prepared, "1")
    with pytest.raises(BenchmarkError, match="expected rows of the split ':1', got those of '1:'"):
        load_benchmark("own_clips", prepared, ":1")
    with pytest.raises(BenchmarkError, match=r"videos: expected files of the split 'test', got 1$"):
        load_benchmark("own_clips", prepared, "test")
    assert len(load_benchmark("own_clips", prepared, "1:", strict=True)) == 4
    with pytest.raises(ValueError, match=r"own_clips: expected the benchmark's own folder, got .*prepared already"):
        prepare("own_clips", prepared, ["1:"], tmp_path / "again")
    assert not (tmp_path / "again").exists()
    with pytest.raises(ValueError, match=r"mevis: expected allow_links when it is prepared \(refsam prepare\), but"):
        load_benchmark("mevis", prepared, "1", allow_links=True)


def test_frames_and_objects_that_were_not_prepared(both: Both) -> None:
    _, again = both("mevis", "valid_u")
    with pytest.raises(VideoError, match=r"video 'm1' of mevis: frame '9': expected one of the frames that were"):
        decode_frames(again[0] | {"frame_names": ["9"]})
    with pytest.raises(VideoError, match=r"video 'm1' of mevis: expected the objects \[0\], .*, got \[5\]"):
        decode_masks(again[0] | {"object_ids": [5]})


def test_broken_files_are_named(both: Both, tmp_path: Path) -> None:
    both("mevis", "valid_u")
    (videos,) = (tmp_path / "prepared" / "videos").iterdir()
    (expressions,) = (tmp_path / "prepared" / "expressions").iterdir()
    pq.write_table(pq.read_table(videos).slice(1), videos)
    with pytest.raises(BenchmarkError, match=r"expected only videos that are in the table of videos, got 'm1' too"):
        load_benchmark("mevis", tmp_path / "prepared", "valid_u")
    videos.write_bytes(b"PAR1 no more PAR1")
    with pytest.raises(BenchmarkError, match=r"valid_u-00000\.parquet: expected a Parquet file, got something else"):
        load_benchmark("mevis", tmp_path / "prepared", "valid_u")
    pq.write_table(pa.table({"a": [1]}), videos)
    with pytest.raises(BenchmarkError, match=r"expected a table of `refsam prepare`, got none of a column 'video_id'"):
        load_benchmark("mevis", tmp_path / "prepared", "valid_u")
    pq.write_table(pa.table({"video_id": ["m1"]}), videos)
    pq.write_table(pa.table({"video_id": ["m1"]}), expressions)
    with pytest.raises(BenchmarkError, match=r"expected a table of `refsam prepare`, got none of a column"):
        load_benchmark("mevis", tmp_path / "prepared", "valid_u")
