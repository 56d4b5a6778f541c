"""J and F of one target over a clip."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refsam_hf.evaluation.frame_scores import frame_scores
from refsam_hf.evaluation.mask_inputs import CLIP_AXES, bool_mask
from refsam_hf.evaluation.statistics import mean


@dataclass(frozen=True, eq=False)
class ClipScores:
    """J and F of one target, frame by frame.

    Attributes:
        j: (T,) float64, the region similarity of each frame.
        f: (T,) float64, the contour accuracy of each frame.

    Raises:
        ValueError: the two are not of one shape.
    """

    j: NDArray[np.float64]
    f: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.j.shape != self.f.shape:
            raise ValueError(f"f: expected one value for each of j, shape {self.j.shape}, got shape {self.f.shape}")

    @property
    def j_mean(self) -> float:
        """The mean of J over the frames."""
        return mean(self.j)

    @property
    def f_mean(self) -> float:
        """The mean of F over the frames."""
        return mean(self.f)

    @property
    def j_and_f(self) -> float:
        """J&F, the mean of `j_mean` and `f_mean`."""
        return (self.j_mean + self.f_mean) / 2


def score_clip(predictions: NDArray[Any], ground_truths: NDArray[Any], void: NDArray[Any] | None = None) -> ClipScores:
    """J and F of every frame of a clip: which frames a benchmark leaves out is for the caller to say.

    Args:
        predictions: (T, H, W), bool or 0 and 1; the masks of one target.
        ground_truths: (T, H, W), bool or 0 and 1; its true masks.
        void: (T, H, W), bool or 0 and 1; true where a pixel is not counted. None: every pixel is.

    Raises:
        ValueError: an array is not such a stack of masks, has no frame, or is not of the ground truths' shape.
    """
    ground_truths = bool_mask("ground_truths", ground_truths, CLIP_AXES)
    predictions = bool_mask("predictions", predictions, CLIP_AXES, ground_truths.shape)
    if void is not None:
        void = bool_mask("void", void, CLIP_AXES, ground_truths.shape)

    frames = len(ground_truths)
    j, f = np.empty(frames), np.empty(frames)
    for t in range(frames):
        j[t], f[t] = frame_scores(predictions[t], ground_truths[t], None if void is None else void[t])
    return ClipScores(j=j, f=f)
