"""Attributes that an expression names, and of which objects they are true: the check behind every text."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..scene import ShapeObject
from ..vocabulary import (
    COMPARABLE_RATIO,
    LARGE_ABOVE,
    LARGE_DOUBTFUL_ABOVE,
    SMALL_BELOW,
    SMALL_DOUBTFUL_BELOW,
)


@dataclass(frozen=True)
class Description:
    """What is said of an object; None is not said.

    Attributes:
        size: "small" or "large".
        comparison: "smaller" or "larger", of exactly two objects of which the rest of the description is true.
    """

    colour: str | None = None
    shape: str | None = None
    texture: str | None = None
    size: str | None = None
    comparison: str | None = None


def _fits(description: Description, item: ShapeObject) -> bool:
    """Whether colour, shape and texture, which are never in doubt, are true of `item`."""
    return (
        description.colour in (None, item.colour)
        and description.shape in (None, item.shape)
        and description.texture in (None, item.texture)
    )


def _size_is(word: str | None, radius: float) -> bool | None:
    """Whether a size word is true of a radius; None where people would disagree."""
    if word is None:
        return True
    if word == "small":
        return True if radius < SMALL_BELOW else None if radius < SMALL_DOUBTFUL_BELOW else False
    return True if radius > LARGE_ABOVE else None if radius > LARGE_DOUBTFUL_ABOVE else False


def matches(description: Description, objects: Sequence[ShapeObject]) -> tuple[int, ...]:
    """The ids, from 1, of the objects of which `description` may be true, those in doubt among them."""
    fitting = [
        i
        for i, item in enumerate(objects, start=1)
        if _fits(description, item) and _size_is(description.size, item.radius) is not False
    ]
    if description.comparison is None:
        return tuple(fitting)
    if len(fitting) != 2:
        return ()
    smaller, larger = sorted(fitting, key=lambda i: objects[i - 1].radius)
    if objects[larger - 1].radius < COMPARABLE_RATIO * objects[smaller - 1].radius:
        return ()
    return (smaller if description.comparison == "smaller" else larger,)


def is_true_of_one(description: Description, target: int, objects: Sequence[ShapeObject]) -> bool:
    """Whether `description` is clearly true of object `target` (from 1), and clearly of no other."""
    sure = _size_is(description.size, objects[target - 1].radius) is True
    return sure and matches(description, objects) == (target,)
