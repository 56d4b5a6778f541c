"""The kinds of expressions. A new kind is one more file here and one more line in `KINDS`."""

import numpy as np

from ..draws import Draws
from ..scene import Scene
from .appearance import KIND as APPEARANCE
from .appearance import describe_appearance
from .expression import Describe, Expression

KINDS: dict[str, Describe] = {APPEARANCE: describe_appearance}


def describe(scene: Scene, visible: np.ndarray, key: tuple[str | int, ...]) -> list[Expression]:
    """The expressions of every kind; `visible` (O, T) are visible shares, `key` names the clip.

    Each kind draws from a stream of its own, so that one kind does not change the texts of another.
    """
    return [
        expression
        for kind, describe_kind in KINDS.items()
        for expression in describe_kind(scene, visible, Draws(*key, "expressions", kind))
    ]


__all__ = ["APPEARANCE", "KINDS", "Describe", "Expression", "describe"]
