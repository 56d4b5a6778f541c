"""A clip at a glance: some of its frames, evenly spread, with their masks, on one PNG."""

import math
import os
from collections.abc import Sequence

import numpy as np

from .caption import DIM, GROUND, Caption
from .output import MaskOutput
from .overlay import draw_masks, object_colours, resize, view_size

TILES = 12
KEPT = 4 * TILES  # while the clip goes on; few enough for a constant memory, enough to choose evenly spread ones from
LARGEST_TILE = 480  # pixels
GAP = 8


class ContactSheet(MaskOutput):
    """Writes a PNG with at most 12 frames of a clip, evenly spread from the first to the last, and their numbers.

    Args:
        path: ends in .png.
        texts: the expressions.

    Raises:
        OSError: the path cannot be written to.
        VideoError: another suffix, or no expression.
    """

    suffixes = (".png",)

    def __init__(self, path: str | os.PathLike[str], texts: Sequence[str]) -> None:
        super().__init__(path, texts)
        self._colours = object_colours(len(texts))
        self._tiles: dict[int, np.ndarray] = {}  # frame index -> picture
        self._step = 1

    def _write(self, frame: np.ndarray, masks: np.ndarray, scores: np.ndarray) -> None:
        """Keeps every frame, then every second, every fourth, ...: how long the clip will be is not known."""
        if self.frames % self._step:
            return
        height, width = view_size(*self._size, largest=LARGEST_TILE)
        self._tiles[self.frames] = draw_masks(*resize(frame, masks, height, width), self._colours)
        if len(self._tiles) > KEPT:
            self._step *= 2
            self._tiles = {index: tile for index, tile in self._tiles.items() if index % self._step == 0}

    def _finish(self) -> None:
        from PIL import Image, ImageDraw, ImageFont

        chosen = np.unique(np.linspace(0, len(self._tiles) - 1, TILES).round().astype(int))
        indices = [list(self._tiles)[place] for place in chosen]
        height, width = self._tiles[indices[0]].shape[:2]
        columns = _columns(len(indices), height, width)
        rows = math.ceil(len(indices) / columns)
        size = max(14, width // 22)
        font, label = ImageFont.load_default(size), math.ceil(size * 1.6)
        total = columns * (width + GAP) + GAP
        caption = Caption(self.texts, self._colours, total, size=size * 5 // 4, scores=False)
        sheet = Image.new("RGB", (total, caption.height + rows * (height + label + GAP) + GAP), GROUND)
        sheet.paste(Image.fromarray(caption.draw()), (0, 0))
        draw = ImageDraw.Draw(sheet)
        for place, index in enumerate(indices):
            left = GAP + (place % columns) * (width + GAP)
            top = caption.height + (place // columns) * (height + label + GAP)
            sheet.paste(Image.fromarray(self._tiles[index]), (left, top))
            draw.text((left + 2, top + height + label / 2), f"frame {index}", DIM, font, anchor="lm")
        sheet.save(self._aside)


def _columns(tiles: int, height: int, width: int) -> int:
    """How many tiles stand side by side, for a sheet a bit wider than high with few places left empty."""

    def badness(columns: int) -> float:
        rows = math.ceil(tiles / columns)
        shape = abs(math.log(columns * width / (rows * height) / 1.5))
        return shape + (rows * columns - tiles) / tiles

    return min(range(1, tiles + 1), key=badness)
