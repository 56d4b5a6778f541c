"""What a frozen tower makes of a frame is made once, whatever is trained on top of it."""

import hashlib
from typing import Any

import torch
from torch import Tensor

from refsam_hf.modules.vision_tower import RefSamVisionOutput


class KeptFrames:
    """In place of a frozen vision tower's `forward`: each frame goes through it once, alone and in its own precision.

    What is kept of a frame so depends on nothing that it once stood beside, and a training on it is one on the tower
    itself. Nothing is ever dropped: for a fixed set of clips.

    Args:
        tower: a `RefSamVisionTower`; it is frozen, its `forward` is replaced, its weights stay.

    Attributes:
        encoded: how many times the tower has run.
    """

    def __init__(self, tower: Any) -> None:
        tower.requires_grad_(False)
        self.encoded = 0
        self._encode = tower.forward
        self._kept: dict[bytes, RefSamVisionOutput] = {}
        tower.forward = self

    @torch.no_grad()
    def __call__(
        self, pixel_values: Tensor, output_hidden_states: bool = False, output_attentions: bool = False
    ) -> RefSamVisionOutput:
        """Frames (F, 3, S, S), as the tower takes them; hidden states and attentions are not kept."""
        if output_hidden_states or output_attentions:
            return self._encode(pixel_values, output_hidden_states, output_attentions)
        outputs = [self._of(frame) for frame in pixel_values]
        levels = zip(*(output.intermediate_embeddings for output in outputs), strict=True)
        return RefSamVisionOutput(
            visual_embedding=torch.cat([output.visual_embedding for output in outputs]),  # (F, C, h, w)
            intermediate_embeddings=tuple(torch.cat(level) for level in levels),  # (F, h, w, D) each
        )

    def _of(self, frame: Tensor) -> RefSamVisionOutput:
        key = hashlib.blake2b(frame.cpu().numpy().tobytes()).digest()
        if key not in self._kept:
            self.encoded += 1
            with torch.autocast(frame.device.type, enabled=False):
                self._kept[key] = self._encode(frame[None])
        return self._kept[key]
