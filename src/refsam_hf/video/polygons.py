"""COCO's polygons of masks, filled as COCO fills them."""

from typing import Any

import numpy as np

from .errors import VideoError
from .rle import MAX_PIXELS, decode_rle

LEAST_NUMBERS = 6  # x, y of three corners; pycocotools takes four numbers for a box


def decode_polygons(polygons: Any, height: int, width: int) -> np.ndarray:
    """The mask, bool (H, W), of what lies in one or more polygons.

    They are checked before pycocotools fills them, which takes memory for corners that are far away.

    Args:
        polygons: lists of numbers, [[x, y, x, y, ...], ...], in pixels.

    Raises:
        VideoError: they are no polygons, or leave the frame by more than its size.
    """
    from pycocotools import mask as coco

    if min(height, width) <= 0 or height * width > MAX_PIXELS:
        raise VideoError(f"mask: expected a size of at most {MAX_PIXELS} pixels, got {height}x{width}")
    if not isinstance(polygons, list) or not polygons:
        raise VideoError(f"mask: expected a list of polygons, got {str(polygons)[:60]}")
    side = max(height, width)
    for polygon in polygons:
        if not isinstance(polygon, list) or len(polygon) < LEAST_NUMBERS or len(polygon) % 2:
            got = f"{len(polygon)} numbers" if isinstance(polygon, list) else type(polygon).__name__
            raise VideoError(f"mask: expected a polygon [x, y, x, y, ...] of three corners or more, got {got}")
        if not all(type(value) in (int, float) and -side <= value <= 2 * side for value in polygon):
            raise VideoError(f"mask: expected corners of numbers from {-side} to {2 * side}, got others")
    filled = coco.merge(coco.frPyObjects(polygons, height, width))
    return decode_rle({"size": [height, width], "counts": filled["counts"]})
