"""From the probabilities or the masks of several objects to one label a pixel, as Ref-DAVIS17 is handed in."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BACKGROUND = 0.1
"""The probability of the background plane."""
THRESHOLD = 0.5
"""Probabilities below it count as 0."""


def compete(probabilities: NDArray[Any], labels: Sequence[int]) -> NDArray[np.uint8]:
    """One label map: at each pixel the object of the highest probability, or 0 where none reaches 0.5.

    ReferFormer's rule (Wu et al., "Language as Queries", CVPR 2022, its inference on Ref-DAVIS17): values below
    0.5 are set to 0, a background plane of 0.1 is put in front, and the argmax is taken; of equal ones the first wins.

    Args:
        probabilities: (N, H, W), from 0 to 1.
        labels: of the N objects, 1 to 254.

    Returns:
        uint8 (H, W).

    Raises:
        ValueError: another number of labels than of planes, or a label twice or out of range.
    """
    if probabilities.ndim != 3 or len(labels) != len(probabilities):
        raise ValueError(f"labels: expected one for each plane (N, H, W), got {len(labels)} for {probabilities.shape}")
    if len(set(labels)) != len(labels) or any(not 1 <= label <= 254 for label in labels):
        raise ValueError(f"labels: expected different numbers from 1 to 254, got {list(labels)}")
    background = np.full((1, *probabilities.shape[1:]), BACKGROUND, probabilities.dtype)
    planes = np.concatenate([background, np.where(probabilities < THRESHOLD, 0, probabilities)])
    return np.array([0, *labels], np.uint8)[planes.argmax(axis=0)]


def first_of_each_pixel(masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Masks (N, H, W) of which no two share a pixel: it belongs to the first, as `compete` has it of equal ones."""
    apart = masks.copy()
    apart[1:] &= ~np.logical_or.accumulate(masks, axis=0)[:-1]
    return apart
