"""The benchmark "shapes" among the others."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..benchmark import Benchmark
from .address import DEFAULT_CONFIG, DEFAULT_FRAMES
from .config import SceneConfig
from .dataset import BENCHMARK, decode_frames, decode_masks, load_shapes
from .kinds import MIX

if TYPE_CHECKING:
    from datasets import Dataset

DEFAULT_CLIPS = 100


def _load(
    root: str | os.PathLike[str] | None,
    split: str,
    *,
    num_clips: int = DEFAULT_CLIPS,
    seed: int = 0,
    num_frames: int = DEFAULT_FRAMES,
    size: Sequence[int] = (180, 240),
    kinds: Sequence[str] = tuple(MIX),
    config: SceneConfig = DEFAULT_CONFIG,
) -> "Dataset":
    """The rows of `load_shapes`, which says what the options are."""
    if root:
        raise ValueError(f"shapes: expected no folder (None), as its clips are drawn, got {os.fspath(root)!r}")
    if len(size) != 2:
        raise ValueError(f"size: expected the height and the width of the frames, got {list(size)}")
    height, width = size
    return load_shapes(
        split,
        num_clips=num_clips,
        seed=seed,
        num_frames=num_frames,
        size=(height, width),
        kinds=kinds,
        config=config,
    )


BENCHMARKS = {
    BENCHMARK: Benchmark(
        _load,
        decode_frames,
        decode_masks,
        default_split="test",
        protocols={"default": "refsam_hf.evaluation.protocols.shapes:PROTOCOL"},
    )
}
