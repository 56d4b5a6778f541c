"""The kinds of expressions. A new kind is one more file here and one more line in `KINDS`."""

import numpy as np

from ..draws import Draws
from ..kinds import ABSENT, APPEARANCE, MOTION, REAPPEARANCE, RELATION
from ..scene import Scene
from .absent import describe_absent
from .appearance import describe_appearance
from .expression import Describe, Expression
from .motion import describe_motion
from .reappearance import describe_reappearance
from .relation import describe_relation

KINDS: dict[str, Describe] = {
    APPEARANCE: describe_appearance,
    RELATION: describe_relation,
    MOTION: describe_motion,
    REAPPEARANCE: describe_reappearance,
    ABSENT: describe_absent,
}


def describe(scene: Scene, visible: np.ndarray, key: tuple[str | int, ...]) -> list[Expression]:
    """The expressions of every kind; `visible` (O, T) are visible shares, `key` names the clip.

    Each kind draws from a stream of its own, so that one kind does not change the texts of another.
    """
    return [
        expression
        for kind, describe_kind in KINDS.items()
        for expression in describe_kind(scene, visible, Draws(*key, "expressions", kind))
    ]


__all__ = ["KINDS", "Describe", "Expression", "describe"]
