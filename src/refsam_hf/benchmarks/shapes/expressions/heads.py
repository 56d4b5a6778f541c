"""Heads: appearance words that are true of several objects, so that what follows them has to be understood.

"The red square" of "the red square above the ring", where there are other red squares.
"""

from collections.abc import Sequence

from ..draws import Draws
from ..scene import ShapeObject
from ..vocabulary import ANY_SHAPE_NOUNS, TEXTURE_WORDS, plural
from .description import Description, matches

# Which attributes a head names, and how often. Sizes are left out: they are in doubt too often.
_ATTRIBUTE_SETS: dict[tuple[str, ...], float] = {
    ("colour", "shape"): 5.0,
    ("shape",): 2.0,
    ("colour",): 1.0,
    ("texture", "shape"): 0.7,
    ("texture", "colour", "shape"): 1.0,
    (): 0.4,  # "the one that ..."
}


def heads_of(target: int, objects: Sequence[ShapeObject]) -> dict[Description, float]:
    """Every head that is true of object `target` (from 1) and of at least one more, with its weight."""
    item = objects[target - 1]
    values = {"colour": item.colour, "shape": item.shape, "texture": item.texture}
    heads = {
        Description(**{name: values[name] for name in names}): weight for names, weight in _ATTRIBUTE_SETS.items()
    }
    return {head: weight for head, weight in heads.items() if len(matches(head, objects)) > 1}


def noun_phrase(description: Description, draws: Draws, many: bool = False) -> str:
    """For instance "striped red ring", "blue object", "red squares": colour, shape and texture, without an article."""
    noun = description.shape or draws.choice(ANY_SHAPE_NOUNS)
    words = [draws.choice(TEXTURE_WORDS[description.texture])] if description.texture else []
    words += [description.colour] if description.colour else []
    return " ".join([*words, plural(noun) if many else noun])
