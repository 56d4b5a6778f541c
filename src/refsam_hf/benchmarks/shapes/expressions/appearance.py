"""Appearance: what an object looks like, said so that it is true of this object alone."""

import numpy as np

from ..draws import Draws
from ..kinds import APPEARANCE
from ..scene import Scene, ShapeObject
from ..vocabulary import SMALL_DOUBTFUL_BELOW
from .description import Description, is_true_of_one, matches
from .expression import Expression, can_be_followed
from .phrasing import phrase

# Which attributes are named together, and how often where several sets are true of one object only. Colour with shape
# leads, as people speak; a size alone is rare, because it is read off the whole frame.
ATTRIBUTE_SETS: dict[tuple[str, ...], float] = {
    ("colour", "shape"): 6.0,
    ("colour",): 1.2,
    ("shape",): 1.5,
    ("texture",): 0.4,
    ("size",): 0.3,
    ("texture", "colour"): 0.8,
    ("texture", "shape"): 1.5,
    ("size", "colour"): 0.8,
    ("size", "shape"): 1.5,
    ("size", "texture"): 0.3,
    ("texture", "colour", "shape"): 1.8,
    ("size", "colour", "shape"): 1.8,
    ("size", "texture", "colour"): 0.3,
    ("size", "texture", "shape"): 0.7,
    ("size", "texture", "colour", "shape"): 0.6,
    ("comparison", "shape"): 2.0,
    ("comparison", "colour", "shape"): 3.0,
    ("comparison", "texture", "shape"): 1.0,
    ("comparison", "texture", "colour", "shape"): 1.0,
}
_MOST_PER_OBJECT = 2


def said_of(item: ShapeObject, names: tuple[str, ...], comparison: str) -> Description:
    """What the named attributes of an object are."""
    size = "small" if item.radius < SMALL_DOUBTFUL_BELOW else "large"
    values = {"colour": item.colour, "shape": item.shape, "texture": item.texture}
    values |= {"size": size, "comparison": comparison}
    return Description(**{name: values[name] for name in names})


def descriptions_of(scene: Scene, target: int, followed: np.ndarray) -> dict[Description, float]:
    """Every description that is true of object `target` (from 1) alone, with its weight."""
    item = scene.objects[target - 1]
    found: dict[Description, float] = {}
    for names, weight in ATTRIBUTE_SETS.items():
        if "comparison" in names:
            rest = said_of(item, names[1:], "")
            # Both of the compared must be in sight: else nobody can compare them.
            rivals = [i for i in matches(rest, scene.objects) if i != target]
            if len(rivals) != 1 or not followed[rivals[0] - 1]:
                continue
            larger = item.radius > scene.objects[rivals[0] - 1].radius
            description = said_of(item, names, "larger" if larger else "smaller")
        else:
            description = said_of(item, names, "")
        if is_true_of_one(description, target, scene.objects):
            found[description] = weight
    return found


def describe_appearance(scene: Scene, visible: np.ndarray, draws: Draws) -> list[Expression]:
    """One or two expressions for every object that can be followed and told from all others by its looks."""
    followed = can_be_followed(visible)
    expressions: list[Expression] = []
    for target in range(1, len(scene.objects) + 1):
        if not followed[target - 1]:
            continue
        left = descriptions_of(scene, target, followed)
        texts: dict[str, None] = {}  # a set that keeps its order
        for _ in range(min(_MOST_PER_OBJECT, len(left))):
            description = draws.weighted(tuple(left), tuple(left.values()))
            del left[description]
            texts[phrase(description, draws)] = None
        expressions += [Expression(text, APPEARANCE, (target,), candidates=(target,)) for text in texts]
    return expressions
