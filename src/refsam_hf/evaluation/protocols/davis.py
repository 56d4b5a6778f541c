"""The two evaluations of DAVIS 2017 for the masks of several objects in one clip.

Caelles et al., "The 2019 DAVIS Challenge on VOS: Unsupervised Multi-Object Segmentation", section 3;
Pont-Tuset et al., "The 2017 DAVIS Challenge on Video Object Segmentation". What they report of
each object is in `..statistics`.

Letters: N true objects, M predicted ones, T frames of (H, W).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..clip import ClipScores, score_clip
from .assignment import best_assignment

MOST_PROPOSALS = 20


def unsupervised(
    predictions: Sequence[NDArray[Any]], truths: Sequence[NDArray[Any]], void: NDArray[Any] | None = None
) -> list[tuple[int | None, ClipScores]]:
    """Every frame counts, void pixels do not; which prediction stands for which object is decided by the best
    one-to-one matching on J&F over the clip.

    Args:
        predictions: M masks of the clip, bool (T, H, W).
        truths: N masks, those of the ids up to the largest of the first frame.
        void: bool (T, H, W).

    Returns:
        For each true object the index of its prediction, None where there were too few, and its scores.

    Raises:
        ValueError: more than 20 predictions; or masks as `score_clip` refuses them.
    """
    if len(predictions) > MOST_PROPOSALS:
        raise ValueError(f"predictions: expected at most {MOST_PROPOSALS} objects in a clip, got {len(predictions)}")
    if not truths:
        return []
    nothing = np.zeros_like(truths[0])
    # empty masks fill up what is missing, as in the official code: one of them may be right in a frame
    padded = [*predictions, *[nothing] * max(0, len(truths) - len(predictions))]
    pairs = [[score_clip(prediction, truth, void) for truth in truths] for prediction in padded]
    matched = best_assignment(np.array([[scores.j_and_f for scores in line] for line in pairs]))
    by_truth = {truth: prediction for prediction, truth in matched}
    return [
        (index if (index := by_truth[place]) < len(predictions) else None, pairs[by_truth[place]][place])
        for place in range(len(truths))
    ]


def semi_supervised(predictions: Sequence[NDArray[Any]], truths: Sequence[NDArray[Any]]) -> list[ClipScores]:
    """The first and the last frame do not count, void pixels count as background, object i is prediction i.

    Args:
        predictions, truths: N masks of the clip each, bool (T, H, W).

    Raises:
        ValueError: another number of predictions than of objects, or fewer than 3 frames.
    """
    if len(predictions) != len(truths):
        raise ValueError(f"predictions: expected {len(truths)}, one per object, got {len(predictions)}")
    if truths and len(truths[0]) < 3:
        raise ValueError(f"frames: expected at least 3 (the first and the last are left out), got {len(truths[0])}")
    return [score_clip(prediction[1:-1], truth[1:-1]) for prediction, truth in zip(predictions, truths, strict=True)]
