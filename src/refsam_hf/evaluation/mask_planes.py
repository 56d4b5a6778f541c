"""Two masks as the bits of one small array: XOR and OR treat each bit alone, so a pass over the pixels serves both.

Letters: (H, W) the frame, (h, w) the part of it that is looked at.
"""

import numpy as np
from numpy.typing import NDArray

from .mask_inputs import BoolMask

BitPlanes = NDArray[np.uint8]
"""An array whose bits are masks, each independent of the others: 1 is the prediction, 2 the ground truth."""

BAND = 8
"""Rows that are looked at together to see where a mask begins: fewer calls, for a box a little larger."""


def mask_planes(prediction: BoolMask, ground_truth: BoolMask) -> BitPlanes | None:
    """Both masks (H, W) in a box around them, (h, w), or (w, h): neither measure minds. None where both are empty.

    The box has one pixel more than the masks on each side, within the frame. No boundary lies outside, and the cut
    changes none inside: at the frame's own border the box ends where the frame does, so that a boundary map treats it
    as such; elsewhere its last row and column are empty and so are the pixels beyond them, where the special rules of
    the last row and column give what the general one would.
    """
    if prediction.flags.f_contiguous and ground_truth.flags.f_contiguous:  # column by column, as RLE is decoded
        prediction, ground_truth = prediction.T, ground_truth.T
    height = prediction.shape[0]
    bands = np.flatnonzero(_bands(prediction) | _bands(ground_truth))
    if bands.size == 0:
        return None
    top, bottom = int(bands[0]) * BAND, min(int(bands[-1] + 1) * BAND, height)
    columns = np.flatnonzero(prediction[top:bottom].any(axis=0) | ground_truth[top:bottom].any(axis=0))
    # a slice may end past the frame: it stops there by itself
    box = slice(max(top - 1, 0), bottom + 1), slice(max(int(columns[0]) - 1, 0), int(columns[-1]) + 2)
    return prediction[box].view(np.uint8) | (ground_truth[box].view(np.uint8) << np.uint8(1))


def _bands(mask: BoolMask) -> NDArray[np.bool_]:
    """Whether each band of rows shows a pixel; the last one may be of fewer rows, or of none."""
    height, width = mask.shape
    whole = height // BAND
    return np.append(mask[: whole * BAND].reshape(whole, BAND * width).any(axis=1), mask[whole * BAND :].any())
