"""Contour accuracy F: how well the boundaries of two masks meet, within a tolerance.

Letters: (H, W) the frame, (h, w) the part of it that is looked at, r the tolerance in pixels.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refsam_hf.evaluation.mask_inputs import visible_pair
from refsam_hf.evaluation.mask_planes import BitPlanes, mask_planes

TOLERANCE = 0.008
"""The distance at which two boundary points still match, in units of the frame's diagonal."""


def contour_accuracy(prediction: NDArray[Any], ground_truth: NDArray[Any], void: NDArray[Any] | None = None) -> float:
    """F, the harmonic mean of the precision and recall of the predicted boundary, within `tolerance_radius` pixels.

    Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation", CVPR 2016,
    section 4; the values are those of the official DAVIS 2017 evaluation. It is 1 where neither mask has a boundary
    and 0 where only one has. A mask that fills the frame has none: against an empty one it scores 1.

    Args:
        prediction: (H, W), bool or 0 and 1.
        ground_truth: (H, W), bool or 0 and 1.
        void: (H, W), bool or 0 and 1; where true, both masks are taken as background. None: nowhere.

    Returns:
        F, from 0 to 1.

    Raises:
        ValueError: an array is not such a mask, or is not of the ground truth's shape.
    """
    prediction, ground_truth = visible_pair(prediction, ground_truth, void)
    return contour_of_planes(mask_planes(prediction, ground_truth), tolerance_radius(*prediction.shape))


def contour_of_planes(planes: BitPlanes | None, radius: int) -> float:
    """F of the two masks of `mask_planes`, within `radius` pixels."""
    if planes is None:
        return 1.0
    boundaries = boundary_map(planes)
    near = dilate_disk(boundaries, radius)

    predicted, true = boundaries & 1, boundaries >> 1
    n_predicted, n_true = np.count_nonzero(predicted), np.count_nonzero(true)
    if n_predicted == 0 or n_true == 0:
        return 1.0 if n_predicted == n_true else 0.0
    precision = np.count_nonzero(predicted & (near >> 1)) / n_predicted
    recall = np.count_nonzero(true & near) / n_true
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def tolerance_radius(height: int, width: int) -> int:
    """The radius r of the matching disk in pixels, for a frame of this size: 8 at 480 x 854."""
    return math.ceil(TOLERANCE * math.sqrt(height * height + width * width))


def boundary_map(planes: BitPlanes) -> BitPlanes:
    """The boundary pixels of every mask in `planes`, (h, w): those that differ from their east, south or south-east
    neighbour.

    The last row looks east only, the last column south only, and the pixel in the corner of both is never a boundary.
    """
    here, east, south, south_east = planes[:-1, :-1], planes[:-1, 1:], planes[1:, :-1], planes[1:, 1:]
    boundaries = np.zeros_like(planes)
    boundaries[:-1, :-1] = (here ^ east) | (here ^ south) | (here ^ south_east)
    boundaries[-1, :-1] = planes[-1, :-1] ^ planes[-1, 1:]
    boundaries[:-1, -1] = planes[:-1, -1] ^ planes[1:, -1]
    return boundaries


def dilate_disk(planes: BitPlanes, radius: int) -> BitPlanes:
    """Every mask in `planes`, (h, w), grown by the disk of the pixels at most `radius` away.

    The disk is split into its 2 r + 1 rows, and each of them is a run of pixels. The runs are made from short to long
    (the OR of two overlapping runs is a longer one), so each pixel is touched about once per row of the disk, not
    once per pixel of it.
    """
    height, width = planes.shape
    # One long line, with r empty pixels after each row and r empty rows above and below: a shift of the line is then
    # a shift of the image, and what leaves a row at one side meets empty pixels before it meets the next row.
    stride = width + radius
    line = np.zeros((height + 2 * radius) * stride + 2 * radius, dtype=planes.dtype)
    inside = line[radius + radius * stride :][: height * stride].reshape(height, stride)
    inside[:, :width] = planes

    grown = np.zeros(height * stride, dtype=planes.dtype)
    run, length = line, 1  # run[i] is the OR of line[i : i + length]
    for distance in range(radius, -1, -1):  # rows of the disk from its ends to its middle: ever longer runs
        reach = math.isqrt(radius * radius - distance * distance)
        while length < 2 * reach + 1:
            step = min(length, 2 * reach + 1 - length)
            run = run[:-step] | run[step:]
            length += step
        for row in {radius - distance, radius + distance}:
            start = row * stride + radius - reach
            grown |= run[start : start + grown.size]
    return grown.reshape(height, stride)[:, :width]
