"""Some frames of an expression, with its true masks and what was predicted, to be drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...benchmarks import decode_row
from ...video.overlay import fill_masks, outline_masks, resize, view_size
from ...video.rle import decode_rle
from ..cases import FILL, LARGEST_TILE, LINE, PREDICTION, TILES, TRUTH, Case
from ..protocols import Item, Predicted, Row

Masks = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class View:
    """n frames of an expression, evenly spread.

    Attributes:
        row: of the expression.
        item: what was measured of it.
        places: of the frames in the row.
        frames: uint8 (n, H, W, 3).
        truth: bool (n, H, W).
    """

    row: Row
    item: Item
    places: tuple[int, ...]
    frames: NDArray[np.uint8]
    truth: Masks

    def predicted(self, found: Predicted | None) -> Masks:
        """The same frames of a prediction, bool (n, H, W); empty where there is none."""
        masks = np.zeros_like(self.truth)
        for mask, place in zip(masks, self.places, strict=True):
            rle = None if found is None else found.masks[place]
            if rle is not None and list(rle["size"]) == list(mask.shape):
                mask[:] = decode_rle(rle)
        return masks

    def tiles(self, masks: Masks) -> list[NDArray[np.uint8]]:
        """The frames with the true masks as a contour over these masks as a fill, at the size of a tile."""
        height, width = view_size(*self.frames.shape[1:3], largest=LARGEST_TILE)
        tiles = []
        for frame, mask, truth in zip(self.frames, masks, self.truth, strict=True):
            picture, (filled, outlined) = resize(frame, np.stack([mask, truth]), height, width)
            picture = fill_masks(picture, filled[None], np.array([PREDICTION], np.uint8), FILL)
            tiles.append(outline_masks(picture, outlined[None], np.array([TRUTH], np.uint8), LINE))
        return tiles

    def case(self, found: Predicted | None) -> Case:
        """The view of one prediction as a strip of a sheet."""
        frames = self.item["frames"]
        shown = {name for name, counts in zip(frames, self.item.get("scored", repeat(True)), strict=False) if counts}
        names = self.row["frame_names"]
        return Case(
            name=self.row["video_id"],
            kind=self.item["kind"],
            text=self.row["expression"],
            j=self.item["score"],
            frames=self.places,
            scored=tuple(names[place] in shown for place in self.places),
            tiles=np.stack(self.tiles(self.predicted(found))),
            measure=measure_of(self.item),
        )


def measure_of(item: Mapping[str, Any]) -> str:
    """What the score of an item is the mean of."""
    return "J&F" if "f" in item else "IoU"


def series_of(item: Mapping[str, Any]) -> NDArray[np.float64]:
    """J&F of each frame of an item, or the IoU; NaN where a frame does not count."""
    if "f" in item:
        series = (np.array(item["j"], float) + np.array(item["f"], float)) / 2
    else:
        series = np.array(item["iou"], float)
    return np.where(item.get("scored", True), series, np.nan)


def row_of(item: Item, rows: Sequence[Row]) -> Row | None:
    """The row that an item speaks of; None of an object that nobody speaks of."""
    key = item.get("expression_id", item["id"])
    return next((row for row in rows if row["expression_id"] == key), None)


def open_view(row: Row, item: Item, count: int = TILES) -> View:
    """Decodes `count` frames of a row, evenly spread, and no others.

    Raises:
        VideoError: one cannot be decoded.
    """
    names = row["frame_names"]
    places = np.unique(np.linspace(0, len(names) - 1, count).round().astype(int))
    pixels = decode_row({**row, "frame_names": [names[place] for place in places]})
    return View(row, item, tuple(int(place) for place in places), pixels["frames"], pixels["masks"])
