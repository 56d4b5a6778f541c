"""Draws sets of clips, puts them through the tower, and writes what is kept; what is there already stays."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..clips import clip_tensors
from ..drawing import drawn_clips
from ..mixture import MixedClips
from .config import KeepingConfig, KeptSetConfig
from .keeping import grid_of, kept_features
from .kept_cells import KeptCells
from .shard_files import SHARDS, read_facts, write_shard
from .tower import tower_sha256

SEEDS_APART = 1000
"""From set to set: no two of them hold the same clip."""


def keep_sets(config: KeepingConfig, model: Any, processor: Any) -> Iterator[int]:
    """Keeps all sets, file after file, each in `output_dir` under its name; one process at a time.

    Args:
        model: a `RefSamModel`, in evaluation mode.
        processor: its `RefSamProcessor`.

    Yields:
        how many more clips are kept: 1, or those of a file that was there.

    Raises:
        ValueError: `every` does not divide the grid, or there is a file of other clips or another model.
        OSError: a file cannot be read or written.
    """
    grid = grid_of(model, config.every)
    tower = tower_sha256(model)
    for number, (name, clips) in enumerate(config.sets.items()):
        seed = config.seed + SEEDS_APART * number
        facts = {
            "tower": tower,
            "grid": grid,
            "every": config.every,
            "num_frames": clips.num_frames,
            "num_clips": clips.num_clips,
            "objects": not clips.row_datasets,
            "options": {
                "seed": seed,
                "augmentation": asdict(config.augmentation),
                "mixed_precision": config.mixed_precision,
                "clips_per_file": config.clips_per_file,
                "clips": asdict(clips),
            },
        }
        yield from _keep_set(config, Path(config.output_dir, name), clips, model, processor, facts)


def _keep_set(
    config: KeepingConfig, folder: Path, clips: KeptSetConfig, model: Any, processor: Any, facts: dict[str, Any]
) -> Iterator[int]:
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".*.safetensors"):  # of one that was killed
        left.unlink()
    starts = range(0, clips.num_clips, config.clips_per_file)
    files = {
        folder / f"{number:05d}.safetensors": range(start, min(start + config.clips_per_file, clips.num_clips))
        for number, start in enumerate(starts)
    }
    for path in sorted(folder.glob(SHARDS)):
        _check_is_of(path, facts)
        yield len(files.pop(path, ()))
    if not files:
        return
    drawn = drawn_clips(
        clips,
        processor,
        f"sets.{folder.name}",
        seed=facts["options"]["seed"],
        num_clips=clips.num_clips,
        augmentation=config.augmentation,
    )
    loader: DataLoader[Any] = DataLoader(
        _Drawn(drawn, processor, facts["options"]["seed"], config.every),
        batch_size=None,
        sampler=[index for indices in files.values() for index in indices],
        num_workers=config.num_workers,
    )
    items = iter(loader)
    for path, indices in files.items():
        kept, said = [], []
        for _ in indices:
            tensors, of_clip = next(items)
            cells = KeptCells(config.every, of_clip["row"], of_clip["column"])
            kept.append(kept_features(model, tensors, cells, bf16=config.mixed_precision == "bf16"))
            said.append(of_clip)
            yield 1
        write_shard(path, {**facts, "clips": said}, kept)


class _Drawn(Dataset[tuple[dict[str, Tensor], dict[str, Any]]]):
    """Of each clip its tensors, and what is said of it in the file."""

    def __init__(self, clips: MixedClips, processor: Any, seed: int, every: int) -> None:
        self.clips, self.processor, self.seed, self.every = clips, processor, seed, every

    def __getitem__(self, index: int) -> tuple[dict[str, Tensor], dict[str, Any]]:
        drawn: Any = self.clips.draw(index)
        rng = np.random.default_rng([self.seed, index, 3])
        row, column = rng.integers(self.every, size=2).tolist()
        said = {"name": drawn.name, "texts": drawn.texts, "row": row, "column": column}
        return clip_tensors(drawn, self.processor, 0.0, rng), said


def _check_is_of(path: Path, facts: Mapping[str, Any]) -> None:
    there = read_facts(path)
    there.pop("clips")
    for difference in _differences(there, facts):
        raise ValueError(
            f"{path} was kept in another way: {difference}. Remove {path.parent}, or name another output_dir"
        )


def _differences(then: Mapping[str, Any], now: Mapping[str, Any], outer: str = "") -> Iterator[str]:
    for name in {**then, **now}:
        old, new = then.get(name), now.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, f"{outer}{name}.")
        elif old != new:
            yield f"{outer}{name} was {old} and is {new}"
