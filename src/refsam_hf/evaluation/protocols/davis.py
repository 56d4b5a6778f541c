"""The two evaluations of DAVIS 2017 for the masks of several objects in one clip, taken frame by frame.

Caelles et al., "The 2019 DAVIS Challenge on VOS: Unsupervised Multi-Object Segmentation", section 3;
Pont-Tuset et al., "The 2017 DAVIS Challenge on Video Object Segmentation". What they report of
each object is in `..statistics`.

Letters: N true objects, M predicted ones, (H, W) the frame, T how many there are. Of a frame only J and F are kept.
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..clip import ClipScores
from ..frame_scores import frame_scores
from ..pairwise import pairwise_scores
from .assignment import best_assignment

MOST_PROPOSALS = 20

Masks = NDArray[Any]
"""bool (M or N, H, W), of one frame."""


class Evaluation(ABC):
    """Takes the frames of a clip, one after another, and then gives the scores of its objects.

    Args:
        predictions: M, how many objects are predicted.
        truths: N, how many there are.
    """

    def __init__(self, predictions: int, truths: int) -> None:
        self.predictions = predictions
        self.truths = truths

    @abstractmethod
    def add(self, predictions: Masks, truths: Masks, void: Masks | None = None) -> None:
        """Takes one frame.

        Args:
            predictions: (M, H, W).
            truths: (N, H, W), N at least 1.
            void: (H, W).

        Raises:
            ValueError: other numbers of masks, or masks as `frame_scores` refuses them.
        """

    @abstractmethod
    def result(self) -> list[tuple[int | None, ClipScores]]:
        """For each true object the index of its prediction, None where there was none, and its scores.

        Raises:
            ValueError: there were too few frames.
        """

    def _check(self, predictions: Masks, truths: Masks) -> None:
        for name, masks, count in (("predictions", predictions, self.predictions), ("truths", truths, self.truths)):
            if len(masks) != count:
                raise ValueError(f"{name}: expected {count}, one per object, got {len(masks)}")


class Unsupervised(Evaluation):
    """Every frame counts, void pixels do not; which prediction stands for which object is decided by the best
    one-to-one matching on J&F over the clip. The true objects are those of the ids up to the largest of the first
    frame.

    Raises:
        ValueError: more than 20 predictions.
    """

    def __init__(self, predictions: int, truths: int) -> None:
        super().__init__(predictions, truths)
        if predictions > MOST_PROPOSALS:
            raise ValueError(f"predictions: expected at most {MOST_PROPOSALS} objects in a clip, got {predictions}")
        self._j: list[NDArray[np.float64]] = []  # one (max(M, N), N) per frame
        self._f: list[NDArray[np.float64]] = []

    def add(self, predictions: Masks, truths: Masks, void: Masks | None = None) -> None:
        self._check(predictions, truths)
        # empty masks fill up what is missing, as in the official code: one of them may be right in a frame
        empty = max(0, self.truths - self.predictions)
        shown = predictions if not empty else np.concatenate([predictions, np.zeros_like(truths[:1])])
        for kept, table in zip((self._j, self._f), pairwise_scores(shown, truths, void), strict=True):
            kept.append(np.concatenate([table, table[-1:].repeat(max(0, empty - 1), axis=0)]))  # all of them alike

    def result(self) -> list[tuple[int | None, ClipScores]]:
        if not self._j:
            raise ValueError("frames: expected at least one, got none")
        j, f = np.stack(self._j), np.stack(self._f)  # (T, max(M, N), N)
        pairs = best_assignment((j.mean(axis=0) + f.mean(axis=0)) / 2)
        prediction_of = {truth: prediction for prediction, truth in pairs}
        return [
            (index if index < self.predictions else None, ClipScores(j[:, index, truth], f[:, index, truth]))
            for truth, index in sorted(prediction_of.items())
        ]


class SemiSupervised(Evaluation):
    """The first and the last frame do not count, void pixels count as background, object i is prediction i.

    Raises:
        ValueError: another number of predictions than of objects.
    """

    def __init__(self, predictions: int, truths: int) -> None:
        super().__init__(predictions, truths)
        if predictions != truths:
            raise ValueError(f"predictions: expected {truths}, one per object, got {predictions}")
        self._scores: list[list[tuple[float, float]]] = []  # N times (J, F) per frame

    def add(self, predictions: Masks, truths: Masks, void: Masks | None = None) -> None:
        self._check(predictions, truths)
        self._scores.append([frame_scores(*pair) for pair in zip(predictions, truths, strict=True)])

    def result(self) -> list[tuple[int | None, ClipScores]]:
        if len(self._scores) < 3:
            raise ValueError(
                f"frames: expected at least 3 (the first and the last are left out), got {len(self._scores)}"
            )
        scores = np.array(self._scores[1:-1])  # (T - 2, N, 2)
        return [(place, ClipScores(scores[:, place, 0], scores[:, place, 1])) for place in range(self.truths)]
