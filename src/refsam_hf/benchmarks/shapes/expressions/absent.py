"""Absent: expressions that are true of no object of the clip, most of them by one word only.

They are worded as those of the other kinds are, so that only the clip can tell. All objects of the scene count, those
too that are seen for an instant.
"""

from collections.abc import Callable, Sequence

import numpy as np

from ..draws import Draws
from ..kinds import ABSENT, APPEARANCE, RELATION
from ..scene import Scene
from ..vocabulary import COLOUR_NAMES, SHAPES, TEXTURES, UNSEEN_PAIRS
from .description import Description, matches
from .expression import Expression, can_be_followed
from .heads import heads_of
from .phrasing import phrase
from .places import DIRECTIONS, OPPOSITE, Places
from .relation import Claim, anchor_claim, anchors_of

_FEWEST, _MOST = 2, 3
_DETAIL = {"": 0.75, "texture": 0.15, "size": 0.1}  # what is said besides a colour and a shape
_ONE_WORD = 0.2
# With a head that is true of one object alone, a relation would be known to be false by its head.
_LOOK_ALIKES = 20.0

Pair = tuple[str, str]


def _pairs_of(scene: Scene) -> set[Pair]:
    return {(item.colour, item.shape) for item in scene.objects}


def _missing_pair(pairs: Sequence[Pair], scene: Scene, draws: Draws) -> Pair | None:
    """One of `pairs`: one that training never shows where the scene has such a pair itself, else none of those."""
    unseen = [pair for pair in pairs if pair in UNSEEN_PAIRS]
    seen = [pair for pair in pairs if pair not in UNSEEN_PAIRS]
    usable = (unseen or seen) if _pairs_of(scene) & UNSEEN_PAIRS else seen
    return draws.choice(usable) if usable else None


def _other_pair(scene: Scene, visible: np.ndarray, draws: Draws) -> str | None:
    """A colour and a shape that are both there, but not together."""
    there = _pairs_of(scene)
    pairs = [(c, s) for c in COLOUR_NAMES for s in SHAPES if (c, s) not in there]
    pairs = [(c, s) for c, s in pairs if any(c == pair[0] for pair in there) and any(s == pair[1] for pair in there)]
    pair = _missing_pair(pairs, scene, draws)
    if pair is None:
        return None
    detail = draws.weighted(tuple(_DETAIL), tuple(_DETAIL.values()))
    texture = draws.choice([item.texture for item in scene.objects]) if detail == "texture" else None
    size = draws.choice(("small", "large")) if detail == "size" else None
    return phrase(Description(*pair, texture=texture, size=size), draws)


def _other_texture(scene: Scene, visible: np.ndarray, draws: Draws) -> str | None:
    """A colour and a shape that are there together, with a texture that none of these objects has."""
    descriptions = [Description(*pair, texture=name) for pair in sorted(_pairs_of(scene)) for name in TEXTURES]
    missing = [description for description in descriptions if not matches(description, scene.objects)]
    return phrase(draws.choice(missing), draws) if missing else None


def _other_word(scene: Scene, visible: np.ndarray, draws: Draws) -> str | None:
    """A colour or a shape that no object has, alone or with one that some have."""
    there = _pairs_of(scene)
    colours = [colour for colour in COLOUR_NAMES if all(colour != pair[0] for pair in there)]
    shapes = [shape for shape in SHAPES if all(shape != pair[1] for pair in there)]
    of_colour = draws.chance(0.5)
    if draws.chance(_ONE_WORD):
        words = colours if of_colour else shapes
        description = Description(**{"colour" if of_colour else "shape": draws.choice(words)}) if words else None
    else:
        pairs = [(c, pair[1]) for pair in sorted(there) for c in colours]
        if not of_colour:
            pairs = [(pair[0], s) for pair in sorted(there) for s in shapes]
        missing = _missing_pair(pairs, scene, draws)
        description = Description(*missing) if missing else None
    return phrase(description, draws) if description else None


def _other_place(scene: Scene, visible: np.ndarray, draws: Draws) -> str | None:
    """A side of an object on which nothing is that fits the head: all that does is clearly on the other side."""
    if scene.kind not in (APPEARANCE, RELATION, ABSENT):
        return None
    objects, followed, places = scene.objects, can_be_followed(visible), Places(scene, visible.shape[1])
    anchors = anchors_of(objects, followed)
    heads: dict[Description, float] = {}
    for number in range(1, len(objects) + 1):
        heads |= anchors.get(number, {})
        heads |= {head: _LOOK_ALIKES * weight for head, weight in heads_of(number, objects).items()}
    claims: dict[Claim, float] = {}
    for head, weight in heads.items():
        fitting = matches(head, objects)
        for anchor, names in anchors.items():
            if anchor in fitting or not all(followed[i - 1] for i in fitting):
                continue
            for direction in DIRECTIONS:
                if all(places.lies(i, anchor, OPPOSITE[direction]) is True for i in fitting):
                    claims |= {anchor_claim(direction, head, name): weight * w for name, w in names.items()}
    return draws.weighted(tuple(claims), tuple(claims.values())).text(draws) if claims else None


# Ways to miss, and how often. A scene that has no room for one leaves its turns to the others, and those of the first
# kind are few in scenes of two or three objects: over all scenes about 40, 25, 20 and 15 %.
_MISSES: dict[Callable[[Scene, np.ndarray, Draws], str | None], float] = {
    _other_pair: 0.65,
    _other_texture: 0.15,
    _other_word: 0.1,
    _other_place: 0.15,
}


def describe_absent(scene: Scene, visible: np.ndarray, draws: Draws) -> list[Expression]:
    """Two or three expressions, fewer only in scenes that leave nothing to say."""
    wanted = draws.integer(_FEWEST, _MOST)
    misses = dict(_MISSES)
    texts: dict[str, None] = {}  # a set that keeps its order
    while misses and len(texts) < wanted:
        miss = draws.weighted(tuple(misses), tuple(misses.values()))
        text = miss(scene, visible, draws)
        if text is None or text in texts:
            del misses[miss]
        else:
            texts[text] = None
    return [Expression(text, ABSENT, ()) for text in texts]
