"""Masks as a folder of palette images, one label map per frame, as the benchmarks keep them."""

import os
from collections.abc import Sequence

import numpy as np

from .errors import VideoError
from .output import MaskOutput
from .palette import MAX_LABELS, label_map, palette_image


class PaletteFolder(MaskOutput):
    """Writes a folder with one palette PNG per frame: 00000.png, 00001.png, ...

    The expression i of `texts` has label i + 1. Where masks overlap, the one with the highest score is kept.
    """

    suffixes = ("",)

    def __init__(self, path: str | os.PathLike[str], texts: Sequence[str]) -> None:
        if len(texts) > MAX_LABELS:
            raise VideoError(f"{path}: expected at most {MAX_LABELS} expressions in one label map, got {len(texts)}")
        super().__init__(path, texts)

    def _write(self, frame: np.ndarray, masks: np.ndarray, scores: np.ndarray) -> None:
        palette_image(label_map(masks, scores)).save(self._aside / f"{self.frames:05d}.png")

    def _finish(self) -> None:
        """Every image is complete already."""
