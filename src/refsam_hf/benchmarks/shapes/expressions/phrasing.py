"""Descriptions to English, in several ways of saying the same."""

from ..draws import Draws
from ..vocabulary import (
    ANY_SHAPE_NOUNS,
    COMPARATIVE_WORDS,
    SIZE_WORDS,
    TEXTURE_PHRASES,
    TEXTURE_WORDS,
    plural,
)
from .description import Description


def _compared(description: Description, comparison: str, draws: Draws) -> str:
    """For instance "the larger blue ring", "the bigger of the two blue rings"."""
    word = draws.choice(COMPARATIVE_WORDS[comparison])
    texture = [draws.choice(TEXTURE_WORDS[description.texture])] if description.texture else []
    colour = [description.colour] if description.colour else []
    noun = description.shape or draws.choice(ANY_SHAPE_NOUNS)
    way = draws.weighted(("plain", "of the two", "one of the two"), (0.6, 0.3, 0.1))
    if way == "plain":
        return " ".join(["the", word, *texture, *colour, noun])
    head = f"the {word} one of the two" if way == "one of the two" else f"the {word} of the two"
    return " ".join([head, *texture, *colour, plural(noun)])


def phrase(description: Description, draws: Draws) -> str:
    """One English phrase for a description, lower case and without punctuation."""
    if description.comparison is not None:
        return _compared(description, description.comparison, draws)
    before: list[str] = []
    after: list[str] = []
    noun = description.shape or draws.choice(ANY_SHAPE_NOUNS)
    if description.size is not None:
        before.append(draws.choice(SIZE_WORDS[description.size]))
    if description.texture is not None:
        phrases = TEXTURE_PHRASES.get(description.texture)
        if phrases is not None and draws.chance(0.35):
            after.append(draws.choice(phrases))
        else:
            before.append(draws.choice(TEXTURE_WORDS[description.texture]))
    if description.colour is not None:
        way = "before" if after else draws.weighted(("before", "that is", "in"), (0.7, 0.2, 0.1))
        if way == "before":
            before.append(description.colour)
        else:
            after.append(f"{way} {description.colour}")
    article = ["the"] if noun == "one" or draws.chance(0.75) else []
    return " ".join([*article, *before, noun, *after])
