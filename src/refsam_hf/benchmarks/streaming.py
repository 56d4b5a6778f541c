"""Rows as a stream that processes and workers share out by videos."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset


def stream_videos(rows: "Dataset") -> "IterableDataset":
    """The same rows in the same order, as a `datasets.IterableDataset` of which every video is a shard.

    The workers of a DataLoader, and the processes of `datasets.distributed.split_dataset_by_node`, get different
    videos; the rows of one stay together. Nothing is decoded: `.map(lambda row: decode_row(row))` does it on the way.

    Args:
        rows: of one benchmark, or several put together, those of a video one after another.

    Raises:
        ValueError: there are no rows.
    """
    from datasets import IterableDataset

    if not len(rows):
        raise ValueError("expected rows to stream, got none")
    rows = rows.with_format(None)
    return IterableDataset.from_generator(
        _rows_of, gen_kwargs={"videos": video_ranges(rows), "rows": rows}, features=rows.features
    )


def video_ranges(rows: "Dataset") -> list[tuple[int, int]]:
    """The first row of each video, and the one behind its last."""
    keys = list(zip(rows["benchmark"], rows["split"], rows["video_id"], strict=True))
    starts = [index for index, key in enumerate(keys) if not index or key != keys[index - 1]]
    return list(zip(starts, [*starts[1:], len(keys)], strict=True))


def _rows_of(videos: list[tuple[int, int]], rows: "Dataset") -> Iterator[dict[str, Any]]:
    # the list is what is divided; what is no list goes to everybody whole
    for start, end in videos:
        yield from (rows[index] for index in range(start, end))
