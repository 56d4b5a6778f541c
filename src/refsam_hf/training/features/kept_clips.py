"""Training clips from kept features."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..clips import words_seen
from .frame_picks import FramePicks
from .kept_set import KeptSet


@dataclass(frozen=True)
class KeptClip:
    """What is known of a kept clip without its features: the name of its video, and the expressions."""

    name: str
    texts: list[str]


class KeptClips(Dataset[dict[str, Any]]):
    """Clips of a `KeptSet`: pass after pass over all of them, each in an order of its own, and of each some frames.

    A clip depends on the arguments and its index alone: not on the worker that reads it, nor on the clips before it.

    Args:
        processor: a `RefSamProcessor`; of the texts.
        kept: the set.
        seed: of the order and the frames.
        picks: of the frames.
        forgotten: the share of the expressions that are read in the first frames only.
    """

    def __init__(
        self, processor: Any, kept: KeptSet, *, seed: Sequence[int], picks: FramePicks, forgotten: float = 0.0
    ) -> None:
        self.processor = processor
        self.kept = kept
        self.seed = list(seed)
        self.picks = picks
        self.forgotten = forgotten
        self._pass, self._order = -1, np.arange(len(kept))

    def __getitem__(self, index: int) -> dict[str, Any]:
        """What `clips.clip_tensors` gives, for any index from 0 on, masks at the size of the logits of the kept cells.

        In the place of `pixel_values`, `frame_embeddings` holds the fields of a `RefSamFrameEmbeddings`.
        """
        place = self._place(index)
        rng = np.random.default_rng([*self.seed, 1, index])
        frames = self.picks.draw(rng).tolist()
        clip = self.kept.read(place, frames)
        texts = self.kept.said(place)[1]
        input_ids, attention_mask = self.processor.tokenize(texts)
        return {
            "frame_embeddings": self._embeddings(clip, place),
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            **{name: clip[name] for name in ("labels", "object_masks", "candidates", "anchors")},
            "words_seen": torch.from_numpy(words_seen(len(texts), len(frames), self.forgotten, rng)),
        }

    def draw(self, index: int) -> KeptClip:
        """What is said of clip `index`."""
        return KeptClip(*self.kept.said(self._place(index)))

    def _embeddings(self, clip: dict[str, Tensor], place: int) -> dict[str, Any]:
        visual = clip["visual_embedding"]
        levels = [name for name in clip if name.startswith("intermediate_embeddings.")]
        levels.sort(key=lambda name: int(name.rpartition(".")[2]))
        embeddings: dict[str, Any] = {
            "visual_embedding": visual,
            "intermediate_embeddings": tuple(clip[name] for name in levels),
        }
        cells, side = self.kept.cells(place), self.kept.facts["grid"]
        if cells.every > 1:
            embeddings["cell_centres"] = cells.centres(side, side).expand(len(visual), -1, -1, -1)
        return embeddings

    def _place(self, index: int) -> int:
        """Of the clip in the set."""
        number, place = divmod(index, len(self.kept))
        if number != self._pass:
            self._order = np.random.default_rng([*self.seed, 2, number]).permutation(len(self.kept))
            self._pass = number
        return int(self._order[place])
