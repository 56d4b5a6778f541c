"""Streams: shared out by videos, over processes and over workers."""

from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset
from datasets.distributed import split_dataset_by_node
from torch.utils.data import DataLoader

from refsam_hf.benchmarks import decode_row, load_benchmark, stream_videos
from refsam_hf.benchmarks.streaming import video_ranges


@pytest.fixture
def rows(trees, tmp_path: Path) -> Dataset:
    """Five videos of two rows each."""
    names = {f"v{number}": ["00000", "00005"] for number in range(5)}
    said = {"0": {"exp": "a box", "obj_id": "1"}, "1": {"exp": "a late box", "obj_id": "2"}}
    videos = {video: {"frames": frames, "expressions": said} for video, frames in names.items()}
    trees.write_json(tmp_path / "meta_expressions" / "train" / "meta_expressions.json", {"videos": videos})
    for video, frames in names.items():
        trees.write_frames(tmp_path / "train" / "JPEGImages" / video, frames)
        trees.write_labels(tmp_path / "train" / "Annotations" / video, frames)
    return load_benchmark("refer_youtube_vos", tmp_path, "train", strict=True)


def test_a_stream_gives_the_rows_and_a_shard_for_each_video(rows: Dataset) -> None:
    stream = stream_videos(rows)
    assert list(stream) == rows.to_list()
    assert stream.num_shards == 5
    assert video_ranges(rows) == [(0, 2), (2, 4), (4, 6), (6, 8), (8, 10)]


def test_processes_get_different_videos_and_all_of_them(rows: Dataset) -> None:
    shares = [
        [(row["video_id"], row["expression_id"]) for row in split_dataset_by_node(stream_videos(rows), rank, 5)]
        for rank in range(5)
    ]
    assert all(len({video for video, _ in share}) == 1 for share in shares)
    assert sorted(place for share in shares for place in share) == [
        (f"v{number}", key) for number in range(5) for key in ("0", "1")
    ]


def test_workers_get_different_videos_and_decode_on_the_way(rows: Dataset, trees) -> None:
    stream = stream_videos(rows).map(lambda row: {"video_id": row["video_id"], **decode_row(row)})
    found = list(DataLoader(stream, batch_size=None, num_workers=2))
    assert sorted(row["video_id"] for row in found) == sorted(rows["video_id"])
    for row in found:
        assert row["frames"].shape == (2, trees.HEIGHT, trees.WIDTH, 3)
        assert any(np.array_equal(row["masks"], trees.labels(2) == label) for label in (1, 2))


def test_a_transform_of_the_rows_is_no_hindrance(rows: Dataset) -> None:
    assert next(iter(stream_videos(rows.with_transform(lambda batch: 1 / 0)))) == rows[0]


def test_no_rows(rows: Dataset) -> None:
    with pytest.raises(ValueError, match="expected rows to stream, got none"):
        stream_videos(rows.select([]))
