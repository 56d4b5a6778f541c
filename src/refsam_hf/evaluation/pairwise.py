"""J and F of several predictions with several true masks of one frame, each mask looked at once.

Letters: M predictions, N true masks, K = M + N, (H, W) the frame, (h, w) the part of it that shows a mask.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contour_accuracy import boundary_map, dilate_disk, tolerance_radius
from .mask_inputs import bool_mask

Table = NDArray[np.float64]
"""(M, N)."""

_PLANES = (np.uint8, np.uint16, np.uint32, np.uint64)
MOST_MASKS = 64  # bits of the widest of them
_FEW_BITS = 16  # so many that their values can be counted one by one


def pairwise_scores(
    predictions: NDArray[Any], truths: NDArray[Any], void: NDArray[Any] | None = None
) -> tuple[Table, Table]:
    """J and F, (M, N) each, of every prediction with every true mask, as `frame_scores` gives them.

    Boundary and dilation of a mask do not depend on the other: each mask is a bit of one array, and a pass over its
    pixels serves all of them.

    Args:
        predictions: (M, H, W), bool or 0 and 1.
        truths: (N, H, W), bool or 0 and 1.
        void: (H, W), bool or 0 and 1; where true, all masks are taken as background. None: nowhere.

    Raises:
        ValueError: an array is not such a stack of masks, holds none, or is not of the true masks' size.
    """
    truths = bool_mask("truths", truths, ("N", "H", "W"))
    predictions = bool_mask("predictions", predictions, ("M", "H", "W"), (len(predictions), *truths.shape[1:]))
    if void is not None:
        visible = ~bool_mask("void", void, shape=truths.shape[1:])
        predictions, truths = predictions & visible, truths & visible
    step = MOST_MASKS - len(predictions)
    if step < 1:
        raise ValueError(f"predictions: expected fewer than {MOST_MASKS}, got {len(predictions)}")
    tables = [_scores(predictions, truths[start : start + step]) for start in range(0, len(truths), step)]
    j, f = (np.concatenate(parts, axis=1) for parts in zip(*tables, strict=True))
    return j, f


def _scores(predictions: NDArray[np.bool_], truths: NDArray[np.bool_]) -> tuple[Table, Table]:
    planes = _planes([*predictions, *truths])
    m = len(predictions)
    shared = _shared_pixels(planes, len(predictions) + len(truths))  # (K, K)
    area = shared.diagonal()
    union = area[:m, None] + area[m:] - shared[:m, m:]
    j = np.divide(shared[:m, m:], union, out=np.ones(union.shape), where=union > 0)

    boundaries = boundary_map(planes)
    near = dilate_disk(boundaries, tolerance_radius(*truths.shape[1:]))
    places = np.flatnonzero(boundaries.astype(np.bool_))
    on = _bits(boundaries.ravel()[places], len(shared))  # (P, K), of the P pixels of any boundary
    hits = on.T @ _bits(near[np.unravel_index(places, near.shape)], len(shared))  # [i, k]: of boundary i near k
    count = on.sum(axis=0)
    predicted, true = count[:m, None], count[m:]
    both = (predicted > 0) & (true > 0)
    precision = np.divide(hits[:m, m:], predicted, out=np.zeros(both.shape), where=both)
    recall = np.divide(hits[m:, :m].T, true, out=np.zeros(both.shape), where=both)
    total = precision + recall
    f = np.divide(2 * precision * recall, total, out=np.zeros(both.shape), where=total > 0)
    f[(predicted == 0) & (true == 0)] = 1.0
    return j, f


def _planes(masks: list[NDArray[np.bool_]]) -> NDArray[Any]:
    """Bit k of a pixel is mask k; (h, w), the part of the frame around all masks with a pixel more on each side.

    As in `mask_planes`, the cut changes no boundary.
    """
    dtype = next(dtype for dtype in _PLANES if 8 * np.dtype(dtype).itemsize >= len(masks))
    planes = np.zeros(masks[0].shape, dtype)
    bit = np.empty_like(planes)
    for k, mask in enumerate(masks):
        planes |= np.multiply(mask, dtype(1 << k), out=bit)
    rows, columns = np.flatnonzero(planes.any(axis=1)), np.flatnonzero(planes.any(axis=0))
    if not rows.size:
        return planes[:1, :1]
    return planes[max(rows[0] - 1, 0) : rows[-1] + 2, max(columns[0] - 1, 0) : columns[-1] + 2]


def _shared_pixels(planes: NDArray[Any], masks: int) -> NDArray[np.float64]:
    """How many pixels any two masks share, (K, K); with itself a mask shares all of its pixels."""
    if masks <= _FEW_BITS:
        counts = np.bincount(planes.ravel())
        values = counts.nonzero()[0]
        counts = counts[values]
    else:
        values, counts = np.unique(planes, return_counts=True)
    bits = _bits(values, masks)
    return (bits * counts[:, None]).T @ bits


def _bits(values: NDArray[Any], masks: int) -> NDArray[np.float64]:
    """(P,) -> (P, K), 0 and 1: as floats their products are fast, and exact."""
    one = values.dtype.type(1)
    bits: NDArray[np.float64] = ((values[:, None] >> np.arange(masks, dtype=values.dtype)) & one).astype(np.float64)
    return bits
