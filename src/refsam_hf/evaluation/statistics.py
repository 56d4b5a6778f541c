"""What DAVIS reports of a series of values, one per frame: their mean, recall and decay.

Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation", CVPR 2016, section 4.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Series = Sequence[float] | NDArray[np.floating]

RECALL_THRESHOLD = 0.5
DECAY_BINS = 4


def mean(values: Series) -> float:
    """The mean of the values (T,).

    Raises:
        ValueError: no values, not one axis, or a value that is not finite.
    """
    return float(_checked(values).mean())


def recall(values: Series) -> float:
    """The fraction of the values (T,) that are above 0.5; 0.5 itself is not.

    Raises:
        ValueError: no values, not one axis, or a value that is not finite.
    """
    return float((_checked(values) > RECALL_THRESHOLD).mean())


def decay(values: Series) -> float:
    """How much is lost in the course of the clip: the mean of the first quarter of the values (T,) minus that of the
    last; negative where the clip ends better than it began.

    The quarters are those of the official DAVIS 2017 evaluation: both ends of each belong to it, so neighbours share
    a frame. That code holds the ends in 8 bits, and its quarters are wrong in clips of more than 255 frames; these
    are right at any length.

    Raises:
        ValueError: no values, not one axis, or a value that is not finite.
    """
    series = _checked(values)
    # Ends counted from 1; the small addend sends halves up, where numpy would round them to the even number.
    ends = np.round(np.linspace(1, series.size, DECAY_BINS + 1) + 1e-10).astype(np.int64) - 1
    first, last = series[ends[0] : ends[1] + 1], series[ends[-2] : ends[-1] + 1]
    return float(first.mean() - last.mean())


def _checked(values: Series) -> NDArray[np.float64]:
    series = np.asarray(values, dtype=np.float64)
    if series.ndim != 1 or series.size == 0:
        raise ValueError(f"values: expected one value per frame (T,), at least one, got shape {series.shape}")
    if not np.isfinite(series).all():
        frame = int(np.flatnonzero(~np.isfinite(series))[0])
        raise ValueError(f"values: expected finite numbers, got {series[frame]} at frame {frame}")
    return series
