"""Whether a model's scores mean what they say: the predicted IoU of a mask against its real one.

Letters: F frames, K bins.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Calibration:
    """How well F scores foretell F real values.

    Attributes:
        frames: F.
        expected_error: the expected calibration error (Guo et al., "On Calibration of Modern Neural Networks", ICML
            2017, equation 3): the distance between the mean score and the mean real value of a bin, averaged over the
            bins by how many frames they hold. 0 is best.
        absolute_error: the mean distance between a score and its real value.
        pearson, spearman: correlation of the scores, and of their ranks; NaN where one side never changes.
        counts: (K,) int64, the frames in each of K bins of equal width from 0 to 1, by score. A score outside of them
            counts in the nearest.
        mean_scores, mean_values: (K,) float64, of the frames of each bin; NaN where it is empty.
    """

    frames: int
    expected_error: float
    absolute_error: float
    pearson: float
    spearman: float
    counts: NDArray[np.int64]
    mean_scores: Values
    mean_values: Values

    def as_dict(self) -> dict[str, Any]:
        """The same as numbers and lists."""
        return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in vars(self).items()}


def calibrate(scores: ArrayLike, values: ArrayLike, bins: int = 10) -> Calibration:
    """Compares scores (F,) with what they estimate (F,).

    Raises:
        ValueError: not as many of both, none, a value that is not finite, or no bin.
    """
    scores, values = np.asarray(scores, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if scores.ndim != 1 or scores.shape != values.shape or not scores.size:
        raise ValueError(
            f"expected one score and one value per frame (F,), at least one, got {scores.shape} and {values.shape}"
        )
    for name, series in (("scores", scores), ("values", values)):
        if not np.isfinite(series).all():
            place = int(np.flatnonzero(~np.isfinite(series))[0])
            raise ValueError(f"{name}: expected finite numbers, got {series[place]} at place {place}")
    if bins < 1:
        raise ValueError(f"bins: expected at least 1, got {bins}")
    which = np.clip((scores * bins).astype(np.int64), 0, bins - 1)  # (F,)
    counts = np.bincount(which, minlength=bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 for an empty bin
        mean_scores = np.bincount(which, scores, bins) / counts
        mean_values = np.bincount(which, values, bins) / counts
    held = counts > 0
    return Calibration(
        frames=scores.size,
        expected_error=float(np.average(np.abs(mean_scores - mean_values)[held], weights=counts[held])),
        absolute_error=float(np.abs(scores - values).mean()),
        pearson=_correlation(scores, values),
        spearman=_correlation(_ranks(scores), _ranks(values)),
        counts=counts,
        mean_scores=mean_scores,
        mean_values=mean_values,
    )


def _correlation(first: Values, second: Values) -> float:
    first, second = first - first.mean(), second - second.mean()
    size = np.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum() / size) if size else float("nan")


def _ranks(values: Values) -> Values:
    """(F,): 0 for the smallest; equal values share the mean of their ranks."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    return ((ends - counts + ends - 1) / 2)[which]
