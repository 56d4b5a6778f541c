"""Your own clips among the benchmarks."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..benchmark import Benchmark, Frames, Masks, Row
from ..image_folders import VOID
from .dataset import BENCHMARK, load_own_clips
from .frame_range import ALL
from .pixels import decode_frames, decode_labels, iterate_frames

if TYPE_CHECKING:
    from datasets import Dataset


def _load(root: str | os.PathLike[str] | None, split: str, *, strict: bool = False) -> "Dataset":
    if root is None:
        raise ValueError("own_clips: expected the folder of the clips, got None")
    return load_own_clips(root, frames=split, strict=strict)


def _decode_frames(row: Row) -> Frames:
    return decode_frames(Path(row["frames_dir"]), row["frame_names"])


def _decode_masks(row: Row) -> tuple[Masks, Masks]:
    labels = decode_labels(Path(row["masks"]), row["frame_names"])
    return np.isin(labels, row["object_ids"]), labels == VOID


def _iterate_frames(row: Row) -> Iterator[NDArray[np.uint8]]:
    return iterate_frames(Path(row["frames_dir"]), row["frame_names"])


BENCHMARKS = {BENCHMARK: Benchmark(_load, _decode_frames, _decode_masks, _iterate_frames, default_split=ALL)}
