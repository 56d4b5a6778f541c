"""The benchmark "shapes" among the others."""

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ..benchmark import Benchmark, Masks, Row
from ..registry import check_options
from .dataset import BENCHMARK, decode_row, load_shapes

if TYPE_CHECKING:
    from datasets import Dataset

DEFAULT_CLIPS = 100


def _load(
    root: str | os.PathLike[str] | None, split: str, *, num_clips: int = DEFAULT_CLIPS, **options: Any
) -> "Dataset":
    """The rows of `load_shapes`, which says what the options are."""
    if root:
        raise ValueError(f"shapes: expected no folder (None), as its clips are drawn, got {os.fspath(root)!r}")
    check_options(BENCHMARK, load_shapes, options)
    return load_shapes(split, num_clips=num_clips, **options)


def _decode_masks(row: Row) -> tuple[Masks, Masks]:
    masks = decode_row(row)["masks"]
    return masks, np.zeros_like(masks)


BENCHMARKS = {BENCHMARK: Benchmark(_load, lambda row: decode_row(row)["frames"], _decode_masks)}
