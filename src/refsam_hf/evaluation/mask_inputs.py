"""What the measures take: boolean masks of one shape, checked before anything is counted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BoolMask = NDArray[np.bool_]

FRAME_AXES = ("H", "W")
CLIP_AXES = ("T", "H", "W")


def bool_mask(
    name: str,
    value: NDArray[Any],
    axes: tuple[str, ...] = FRAME_AXES,
    shape: tuple[int, ...] | None = None,
) -> BoolMask:
    """`value` as a boolean array, where it is one or holds nothing but 0 and 1.

    Args:
        name: how an error calls the array.
        value: a mask; a boolean one is returned as it is, without a copy.
        axes: the letters of the axes that it must have, each at least 1 long.
        shape: the shape that it must have, that of the ground truth; None where it is the first to be checked.

    Raises:
        ValueError: not a numpy array, a wrong number of axes, nothing in it, another shape, another kind of values,
            or a value besides 0 and 1.
    """
    expected = f"a numpy array ({', '.join(axes)})"
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{name}: expected {expected}, got {type(value).__name__}")
    if value.ndim != len(axes):
        raise ValueError(f"{name}: expected {expected}, got shape {value.shape}")
    if value.size == 0:
        raise ValueError(f"{name}: expected {expected} of at least one frame and one pixel, got shape {value.shape}")
    if shape is not None and value.shape != shape:
        raise ValueError(f"{name}: expected the shape of the ground truth, {shape}, got {value.shape}")
    if value.dtype.kind == "b":
        return value
    if value.dtype.kind not in "iuf":
        raise ValueError(f"{name}: expected bool, or numbers 0 and 1, got dtype {value.dtype}")
    ones: BoolMask = value == 1
    other = ~(ones | (value == 0))  # NaN is neither, so it is caught here too
    if other.any():
        raise ValueError(f"{name}: expected bool, or only the values 0 and 1, got the value {value[other][0]}")
    return ones


def visible_pair(
    prediction: NDArray[Any], ground_truth: NDArray[Any], void: NDArray[Any] | None
) -> tuple[BoolMask, BoolMask]:
    """Both masks of one frame, (H, W) each, with the void pixels taken out of both.

    Both measures begin with this. A void pixel is background in either mask: it counts in no intersection and no
    union, and where the void cuts through an object, its edge is part of the object's boundary.

    Raises:
        ValueError: an array is not a mask, or is not of the ground truth's shape.
    """
    ground_truth = bool_mask("ground_truth", ground_truth)
    prediction = bool_mask("prediction", prediction, shape=ground_truth.shape)
    if void is None:
        return prediction, ground_truth
    visible = ~bool_mask("void", void, shape=ground_truth.shape)
    return prediction & visible, ground_truth & visible
