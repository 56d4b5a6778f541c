"""A folder of kept features: the clips of one set, in files of some."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from .kept_cells import KeptCells
from .shard_files import SHARDS, read_clip, read_facts


class KeptSet:
    """What `examples/keep_features.py` has kept of a set of clips.

    Args:
        folder: of the set.

    Attributes:
        facts: what all files say: `tower` (`tower_sha256`), `every` (n), `grid` (side), `num_frames` (T), `num_clips`,
            `objects` (whether all objects of a clip are known), `options` (what was drawn).

    Raises:
        ValueError: there is no such file, some are missing, or one is another set's.
        OSError: one cannot be read.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._paths = sorted(self.folder.glob(SHARDS))
        if not self._paths:
            raise ValueError(f"{folder}: expected a folder with the files of examples/keep_features.py, got none")
        self._clips: list[tuple[Path, int, dict[str, Any]]] = []
        self.facts: dict[str, Any] = {}
        for path in self._paths:
            facts = read_facts(path)
            clips = facts.pop("clips")
            if self.facts and facts != self.facts:
                raise ValueError(f"{path}: expected clips of the same set as {self._paths[0].name}, got another's")
            self.facts = facts
            self._clips += [(path, place, clip) for place, clip in enumerate(clips)]
        if len(self) != self.facts["num_clips"]:
            raise ValueError(
                f"{folder}: expected {self.facts['num_clips']} clips, got {len(self)}: examples/keep_features.py has "
                "not come to its end, and goes on where it was stopped"
            )

    def __len__(self) -> int:
        return len(self._clips)

    def said(self, place: int) -> tuple[str, list[str]]:
        """The name of a clip, and the expressions."""
        clip = self._clips[place][2]
        return clip["name"], clip["texts"]

    def cells(self, place: int) -> KeptCells:
        """Which cells were kept of a clip."""
        clip = self._clips[place][2]
        return KeptCells(self.facts["every"], clip["row"], clip["column"])

    def read(self, place: int, frames: Sequence[int]) -> dict[str, Tensor]:
        """What `keeping.kept_features` gave of a clip, with these frames alone."""
        path, number, _ = self._clips[place]
        tensors = read_clip(path, number, frames)
        for name in ("labels", "object_masks"):
            tensors[name] = tensors[name][:, list(frames)]
        return tensors
