"""COCO's average precision where every sample has one true mask and at most one predicted mask."""

from collections.abc import Sequence

import numpy as np

IOU_THRESHOLDS = tuple(0.5 + 0.05 * step for step in range(10))
RECALLS = np.linspace(0, 1, 101)


def mean_average_precision(overlaps: Sequence[float], confidence: Sequence[float], targets: int) -> float:
    """The mean over the IoU thresholds 0.50, 0.55, ..., 0.95 of the area under precision over recall.

    Lin et al., "Microsoft COCO: Common Objects in Context", and its evaluation code: a prediction is right from the
    threshold on, precision is made to fall monotonically and read off at 101 recalls. Predictions of equal confidence
    keep their order.

    Args:
        overlaps: the IoU of each prediction with the true mask of its sample.
        confidence: of each prediction.
        targets: how many samples there are.

    Raises:
        ValueError: other counts than one confidence per prediction and one target per sample.
    """
    if len(overlaps) != len(confidence) or targets < len(overlaps) or targets < 1:
        raise ValueError(
            f"expected one confidence per overlap and at least as many targets, got {len(overlaps)} overlaps, "
            f"{len(confidence)} confidences and {targets} targets"
        )
    order = np.argsort(-np.asarray(confidence, dtype=np.float64), kind="stable")
    ranked = np.asarray(overlaps, dtype=np.float64)[order]
    return float(np.mean([_average_precision(ranked >= threshold - 1e-10, targets) for threshold in IOU_THRESHOLDS]))


def _average_precision(right: np.ndarray, targets: int) -> float:
    """`right`: bool (N,), of the predictions in order of their confidence."""
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(hits / targets, RECALLS, side="left")
    return float(np.append(precision, 0.0)[places].mean())
