"""J and F by the steps of the DAVIS 2017 evaluation, each on the whole frame: the slow side of the comparison."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Dilation = Callable[[NDArray[np.uint8], int], NDArray[Any]]


def official_formulas(
    prediction: Mask, truth: Mask, dilate: Dilation, void: Mask | None = None
) -> tuple[float, float]:
    """J and F of one frame by the official steps."""
    return official_region(prediction, truth, void), official_contour(prediction, truth, dilate, void)


def official_region(prediction: Mask, truth: Mask, void: Mask | None) -> float:
    """J: every mask is made boolean, and what is void taken out of both sums."""
    prediction, truth = prediction.astype(bool), truth.astype(bool)
    void = np.zeros_like(prediction) if void is None else void.astype(bool)
    shared = np.sum((prediction & truth) & np.logical_not(void), axis=(-2, -1))
    union = np.sum((prediction | truth) & np.logical_not(void), axis=(-2, -1))
    return 1.0 if np.isclose(union, 0) else float(shared / union)


def official_contour(prediction: Mask, truth: Mask, dilate: Dilation, void: Mask | None) -> float:
    """F: two boundary maps, each grown by a disk and multiplied with the other."""
    void = np.zeros_like(prediction) if void is None else void.astype(bool)
    radius = int(np.ceil(0.008 * np.linalg.norm(prediction.shape)))
    found = official_boundary(prediction * np.logical_not(void))
    real = official_boundary(truth * np.logical_not(void))
    near_found, near_real = dilate(found.astype(np.uint8), radius), dilate(real.astype(np.uint8), radius)
    matched_real, matched_found = real * near_found, found * near_real
    count_found, count_real = np.sum(found), np.sum(real)
    if count_found == 0 or count_real == 0:
        return float(count_found == count_real)
    precision, recall = np.sum(matched_found) / count_found, np.sum(matched_real) / count_real
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def official_boundary(mask: Mask) -> Mask:
    """The boundary map: three shifted copies of the mask, and three differences."""
    mask = mask.astype(bool)
    mask[mask > 0] = True
    east, south, both = np.zeros_like(mask), np.zeros_like(mask), np.zeros_like(mask)
    east[:, :-1] = mask[:, 1:]
    south[:-1, :] = mask[1:, :]
    both[:-1, :-1] = mask[1:, 1:]
    boundary: Mask = mask ^ east | mask ^ south | mask ^ both
    boundary[-1, :] = mask[-1, :] ^ east[-1, :]
    boundary[:, -1] = mask[:, -1] ^ south[:, -1]
    boundary[-1, -1] = False
    return boundary


def disk_rows(radius: int) -> list[tuple[int, int]]:
    """The rows of a disk: how far each is from the middle one, and how far it reaches to either side."""
    return [(row, math.isqrt(radius * radius - row * row)) for row in range(-radius, radius + 1)]


def numpy_dilation(mask: NDArray[np.uint8], radius: int) -> NDArray[Any]:
    """The whole frame grown by a disk, row of the disk by row."""
    height, width = mask.shape
    padded = np.pad(mask, radius)
    grown = np.zeros_like(mask)
    runs: dict[int, NDArray[Any]] = {}
    for row, reach in disk_rows(radius):
        if reach not in runs:
            run, length = padded, 1  # run[:, x] is the OR of padded[:, x : x + length]
            while length < 2 * reach + 1:
                step = min(length, 2 * reach + 1 - length)
                run = run[:, :-step] | run[:, step:]
                length += step
            runs[reach] = run
        left = radius - reach
        grown |= runs[reach][radius + row : radius + row + height, left : left + width]
    return grown


def best_dilation() -> tuple[str, Dilation]:
    """OpenCV's dilation where it is installed, else NumPy's."""
    try:
        import cv2  # type: ignore[import-not-found]
    except ImportError:
        return "NumPy", numpy_dilation
    cv2.setNumThreads(1)

    def dilate(mask: NDArray[np.uint8], radius: int) -> NDArray[Any]:
        disk = np.zeros((2 * radius + 1, 2 * radius + 1), np.uint8)
        for row, reach in disk_rows(radius):
            disk[radius + row, radius - reach : radius + reach + 1] = 1
        return cv2.dilate(mask, disk)

    return f"OpenCV {cv2.__version__}", dilate
