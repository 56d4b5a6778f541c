"""Absent: expressions that are true of no object of the clip, most of them by one word only.

They are worded as those of the other kinds are, so that only the clip can tell. All objects of the scene count, those
too that are seen for an instant.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..draws import Draws
from ..kinds import ABSENT, APPEARANCE, RELATION
from ..scene import Scene
from ..vocabulary import COLOUR_NAMES, SHAPES, SIZE_WORDS, TEXTURES, UNSEEN_PAIRS
from .appearance import ATTRIBUTE_SETS, descriptions_of, said_of
from .description import Description, matches
from .expression import Expression, can_be_followed
from .heads import heads_of
from .phrasing import phrase
from .places import DIRECTIONS, Places
from .relation import Anchors, Claim, anchor_claim, anchors_of

_FEWEST, _MOST = 2, 3
_TRIES = 6
# A word that is true of another object of the scene is the near miss; one that is true of none is known by itself.
_WORD_OF_NONE = 0.04
_TURNED_AROUND = 4.0  # how much more often a relation is said that is true the other way round
_VALUES: dict[str, tuple[str, ...]] = {
    "colour": COLOUR_NAMES,
    "shape": SHAPES,
    "texture": TEXTURES,
    "size": tuple(SIZE_WORDS),
}


def _is_of_nothing(description: Description, scene: Scene) -> bool:
    # "The larger ring" is of nothing where there is no ring; where there is one, people would take that.
    return not matches(replace(description, comparison=None), scene.objects)


def _near_misses(description: Description, scene: Scene) -> dict[Description, float]:
    """What is true of nothing and differs from `description` in one word, with weights."""
    found: dict[Description, float] = {}
    for name, values in _VALUES.items():
        said = getattr(description, name)
        for value in values:
            changed = replace(description, **{name: value})
            if said in (None, value) or not _is_of_nothing(changed, scene):
                continue
            known = name == "size" or any(getattr(item, name) == value for item in scene.objects)
            found[changed] = 1.0 if known else _WORD_OF_NONE
    # Pairs that training never shows are named only where one is shown, and then before others.
    unseen = {each: weight for each, weight in found.items() if (each.colour, each.shape) in UNSEEN_PAIRS}
    shown = any((item.colour, item.shape) in UNSEEN_PAIRS for item in scene.objects)
    return unseen if unseen and shown else {each: weight for each, weight in found.items() if each not in unseen}


def _other_word(scene: Scene, visible: np.ndarray, draws: Draws) -> Expression | None:
    """What may be said of an object of the scene, but for one word."""
    followed = can_be_followed(visible)
    last: Description | None = None
    for _ in range(_TRIES):
        target = draws.integer(1, len(scene.objects))
        there = descriptions_of(scene, target, followed)
        if not there:  # it has a twin
            item = scene.objects[target - 1]
            there = {said_of(item, names, ""): w for names, w in ATTRIBUTE_SETS.items() if "comparison" not in names}
        description = draws.weighted(tuple(there), tuple(there.values()))
        missing = _near_misses(description, scene)
        if not missing:
            continue
        last = draws.weighted(tuple(missing), tuple(missing.values()))
        # A single word is always one of none; with several, another object may leave more to be read.
        if missing[last] == 1.0 or sum(value is not None for value in vars(description).values()) == 1:
            break
    return Expression(phrase(last, draws), ABSENT, ()) if last else None


def _is_turned_around(claim: Claim, direction: str, scene: Scene, places: Places) -> bool:
    """Whether the claim is true of something once its two nouns, or all that is said of both, have changed places."""
    head, anchor = claim.head, claim.anchor
    if anchor is None:
        return False
    turned = [(anchor, head), (replace(head, shape=anchor.shape), replace(anchor, shape=head.shape))]
    return any(
        places.lies(i, j, direction) is True
        for first, second in turned
        for i in matches(first, scene.objects)
        for j in matches(second, scene.objects)
        if i != j
    )


def _missing_relations(scene: Scene, anchors: Anchors, followed: np.ndarray, places: Places) -> dict[Claim, float]:
    heads: dict[Description, float] = {}
    for number in range(1, len(scene.objects) + 1):
        heads |= heads_of(number, scene.objects)
    claims: dict[Claim, float] = {}
    for head, weight in heads.items():
        fitting = matches(head, scene.objects)
        if not all(followed[i - 1] for i in fitting):
            continue
        for anchor, names in anchors.items():
            if anchor in fitting:
                continue
            apart = all(places.are_apart(i, anchor) for i in fitting)
            for direction in DIRECTIONS:
                if not all(places.lies(i, anchor, direction) is False for i in fitting):
                    continue
                for name, name_weight in names.items():
                    claim = anchor_claim(direction, head, name, apart)
                    near = _is_turned_around(claim, direction, scene, places)
                    claims[claim] = weight * name_weight * (_TURNED_AROUND if near else 1.0)
    return claims


def _other_place(scene: Scene, visible: np.ndarray, draws: Draws) -> Expression | None:
    """A side of an object on which none of the look-alikes is that the head is true of."""
    if scene.kind not in (APPEARANCE, RELATION, ABSENT):
        return None
    followed, places = can_be_followed(visible), Places(scene, visible.shape[1])
    claims = _missing_relations(scene, anchors_of(scene.objects, followed), followed, places)
    if not claims:
        return None
    claim = draws.weighted(tuple(claims), tuple(claims.values()))
    return claim.expression(claim.text(draws), ABSENT, (), scene)


# Ways to miss, and how often; a scene that has no room for one leaves its turns to the other.
_MISSES: dict[Callable[[Scene, np.ndarray, Draws], Expression | None], float] = {_other_word: 0.65, _other_place: 0.35}


def describe_absent(scene: Scene, visible: np.ndarray, draws: Draws) -> list[Expression]:
    """Two or three expressions, fewer only in scenes that leave nothing to say."""
    wanted = draws.integer(_FEWEST, _MOST)
    misses = dict(_MISSES)
    expressions: dict[str, Expression] = {}
    while misses and len(expressions) < wanted:
        miss = draws.weighted(tuple(misses), tuple(misses.values()))
        expression = miss(scene, visible, draws)
        if expression is None or expression.text in expressions:
            del misses[miss]
        else:
            expressions[expression.text] = expression
    return list(expressions.values())
