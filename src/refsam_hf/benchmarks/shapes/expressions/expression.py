"""What every kind of expression gives and is given."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..draws import Draws
from ..scene import Scene

SEEN_SHARE = 0.25  # of its own area: an object that shows less is not counted as seen in a frame


@dataclass(frozen=True)
class Expression:
    """What is said, and what it is said of.

    Attributes:
        object_ids: from 1, as in the label maps; empty if it is true of no object of the clip.
        decidable_from: the first frame from which whoever saw all frames up to it can know which object is meant.
        candidates: the objects that its appearance words are true of, from 1: "the ring" of "the ring that stops".
            Any of them may be meant before that. Of an expression that is true of nothing there may be none.
        anchors: the objects, from 1, that it names to say which of the candidates is meant: "the star" of "the ring
            left of the star".
    """

    text: str
    kind: str
    object_ids: tuple[int, ...]
    decidable_from: int = 0
    candidates: tuple[int, ...] = ()
    anchors: tuple[int, ...] = ()


# (scene, the visible share of each object in each frame (O, T), draws) -> expressions. The scene does not depend on
# the length of the clip, the list of expressions may.
Describe = Callable[[Scene, np.ndarray, Draws], list[Expression]]


def can_be_followed(visible: np.ndarray) -> np.ndarray:
    """Which objects an expression may speak of: bool (O,), from visible shares (O, T).

    An object must be seen in the first frame, and in nine frames of ten: in every frame of a clip of up to nine.
    Longer absences are what the kind "reappearance" is about.
    """
    seen = visible >= SEEN_SHARE
    return seen[:, 0] & (seen.sum(axis=1) * 10 >= 9 * visible.shape[1])
