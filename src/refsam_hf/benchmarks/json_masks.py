"""Masks that stand in a JSON file, as COCO RLE or polygons: a row says where, and only those are read."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..video.errors import VideoError
from ..video.image_files import read_size
from ..video.polygons import decode_polygons
from ..video.rle import decode_rle
from .benchmark import Masks, Row
from .image_folders import frame_path, stack_frames
from .json_values import read_value
from .rows import NUMBERS, TEXTS

COLUMNS = {"mask_frames": TEXTS, "mask_spans": NUMBERS}
"""What a row has beside the common columns: the frames that its masks are of, in their order, whatever of them
`frame_names` lists; and where in the file `masks` the values of its objects stand, first byte and byte behind the last
of each, one after the other."""


def decode_masks(row: Row, segmentations_of: Callable[[Any], list[Any]]) -> tuple[Masks, Masks]:
    """The union of a row's objects, and no void.

    Args:
        segmentations_of: from the value of an object, for each of `mask_frames` an RLE, polygons, or None where it is
            not seen.

    Raises:
        VideoError: a mask is none, of another size than its frame, or missing.
        OSError: the file cannot be read.
    """
    spans, state = row["mask_spans"], Path(row["masks"]).stat()
    changed = state.st_mtime_ns, state.st_size
    values = [_value(row["masks"], changed, *span) for span in zip(spans[::2], spans[1::2], strict=True)]
    objects = [segmentations_of(value) for value in values]
    place_of = {name: place for place, name in enumerate(row["mask_frames"])}

    def decode(name: str) -> Masks:
        if name not in place_of:
            raise VideoError(f"frame {name!r}: expected a frame of which there are masks, got another")
        height, width = read_size(frame_path(Path(row["frames_dir"]), name))
        mask = np.zeros((height, width), np.bool_)
        for segmentations in objects:
            mask |= decode_segmentation(segmentations[place_of[name]], height, width)
        return mask

    masks = stack_frames(row["frame_names"], decode)
    return masks, np.zeros_like(masks)


@lru_cache(maxsize=8)  # a clip is decoded part by part, and several expressions speak of the same objects
def _value(path: str, changed: tuple[int, int], start: int, end: int) -> Any:
    return read_value(path, start, end)


def decode_segmentation(segmentation: Any, height: int, width: int) -> Masks:
    """The mask, bool (H, W), of an RLE or of polygons, empty for None.

    Raises:
        VideoError: it is none of these, or an RLE of another size.
    """
    if segmentation is None:
        return np.zeros((height, width), np.bool_)
    if not isinstance(segmentation, dict):
        return decode_polygons(segmentation, height, width)
    mask = decode_rle(segmentation)
    if mask.shape != (height, width):
        got = "x".join(str(side) for side in mask.shape)
        raise VideoError(f"expected a mask of its frame's size, {height}x{width} (height x width), got {got}")
    return mask
