"""Relation: which of several look-alikes is meant is said by its place or size among them, or by its place to another.

Every expression has a head that is true of all of them; the rest of it is clearly true of one in every frame of the
clip, and clearly false of the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..draws import Draws
from ..kinds import MOTION, REAPPEARANCE, RELATION
from ..scene import Scene, ShapeObject
from ..vocabulary import COMPARABLE_RATIO
from .description import Description, matches
from .expression import Expression, can_be_followed
from .heads import heads_of, noun_phrase
from .places import DIRECTIONS, Places

_MOST_PER_OBJECT = 2
# What is compared, and how often where there is a choice.
# "Left of" an anchor comes in two: who takes the leftmost is right without looking at the anchor, or is not.
_WEIGHTS = {"anchor": 20.0, "utmost": 1.5, "distance": 5.0, "side": 2.0, "size": 1.2, "order": 2.5, "middle": 3.0}
# Almost every object is the utmost of some: it would be said of all, and little else.
_KEPT_BACK = {"side": 0.5, "utmost": 0.3}

# How an anchor is named: always by its shape, as "the blue one" after "the circle" may mean a circle.
_ANCHOR_SETS: dict[tuple[str, ...], float] = {
    ("colour", "shape"): 6.0,
    ("shape",): 1.5,
    ("texture", "shape"): 0.5,
    ("texture", "colour", "shape"): 0.8,
}

# {one} is the head, {many} its plural, {anchor} the other object.
_ANCHOR_WORDS: dict[str, tuple[str, ...]] = {
    "left": ("{one} left of {anchor}", "{one} to the left of {anchor}"),
    "right": ("{one} right of {anchor}", "{one} to the right of {anchor}"),
    "above": ("{one} above {anchor}",),
    "below": ("{one} below {anchor}",),
}
# Only of things apart: "over" may mean that one covers the other.
_ANCHOR_WORDS_APART: dict[str, tuple[str, ...]] = {
    "above": ("{one} over {anchor}",),
    "below": ("{one} under {anchor}",),
}
_SIDE_WORDS: dict[str, tuple[str, ...]] = {
    "left": ("leftmost {one}", "leftmost of the {many}"),
    "right": ("rightmost {one}", "rightmost of the {many}"),
    "above": ("topmost {one}", "highest {one}", "top {one}"),
    "below": ("lowest {one}", "bottom {one}", "lowest of the {many}"),
}
_SIDE_WORDS_OF_TWO: dict[str, tuple[str, ...]] = {
    "left": ("left {one}", "{one} on the left"),
    "right": ("right {one}", "{one} on the right"),
    "above": ("upper {one}", "{one} at the top"),
    "below": ("lower {one}", "{one} at the bottom"),
}
_SIZE_WORDS: dict[bool, tuple[str, ...]] = {
    True: ("largest {one}", "biggest {one}", "largest of the {many}"),
    False: ("smallest {one}", "smallest of the {many}"),
}
_SIDES = {"left": "left", "right": "right", "above": "top", "below": "bottom"}
_ORDINALS = {1: "second", 2: "third"}  # by how many come before
_MIDDLE_WORDS = ("middle {one}", "{one} in the middle")
_DISTANCE_WORDS: dict[bool, tuple[str, ...]] = {
    True: ("{one} closest to {anchor}", "{one} nearest to {anchor}"),
    False: ("{one} farthest from {anchor}",),
}

# By id, the descriptions that are true of an object alone, with weights.
Anchors = dict[int, dict[Description, float]]


@dataclass(frozen=True)
class Claim:
    """What a relation says of the objects that a head is true of, and the ways to say it."""

    ways: tuple[str, ...]
    head: Description
    anchor: Description | None = None

    def text(self, draws: Draws) -> str:
        """One of the ways, lower case and without punctuation."""
        way = draws.choice(self.ways)
        one = noun_phrase(self.head, draws, many="{many}" in way)
        anchor = f"the {noun_phrase(self.anchor, draws)}" if self.anchor else ""
        if way.startswith("{one} ") and draws.chance(0.15):
            way = way.replace("{one}", "{one} that is", 1)
        text = way.format(one=one, many=one, anchor=anchor)
        return text if not one.endswith("one") and draws.chance(0.15) else f"the {text}"

    def expression(self, text: str, kind: str, object_ids: tuple[int, ...], scene: Scene) -> Expression:
        """The expression that says this of objects of a scene; of none if it is true of none."""
        anchors = matches(self.anchor, scene.objects) if self.anchor else ()
        return Expression(text, kind, object_ids, 0, matches(self.head, scene.objects), anchors)


def anchors_of(objects: tuple[ShapeObject, ...], followed: np.ndarray) -> Anchors:
    """The objects, by id, that an expression may refer to, each with the descriptions that are true of it alone."""
    anchors: Anchors = {}
    for number, item in enumerate(objects, start=1):
        values = {"colour": item.colour, "shape": item.shape, "texture": item.texture}
        names = {Description(**{name: values[name] for name in names}): w for names, w in _ANCHOR_SETS.items()}
        alone = {name: weight for name, weight in names.items() if matches(name, objects) == (number,)}
        if followed[number - 1] and alone:
            anchors[number] = alone
    return anchors


def anchor_claim(direction: str, head: Description, anchor: Description, apart: bool) -> Claim:
    """That what `head` says lies in `direction` of the anchor, which it covers no part of if they are `apart`."""
    ways = _ANCHOR_WORDS[direction] + (_ANCHOR_WORDS_APART.get(direction, ()) if apart else ())
    return Claim(ways, head, anchor)


@dataclass(frozen=True)
class _Candidates:
    """Object `target` and the others of which `head` is true, ids from 1."""

    head: Description
    target: int
    others: tuple[int, ...]


def _side_claims(found: _Candidates, places: Places) -> Iterator[tuple[str, Claim]]:
    everyone = (found.target, *found.others)
    for direction in DIRECTIONS:
        if all(places.is_ahead(found.target, i, direction) for i in found.others):
            ways = _SIDE_WORDS[direction] + (_SIDE_WORDS_OF_TWO[direction] if len(found.others) == 1 else ())
            yield "side", Claim(ways, found.head)
        before = sum(places.is_ahead(i, found.target, direction) for i in found.others)
        # None at all is the utmost, and so is the last, seen from the other side.
        if not 0 < before < len(found.others) or not places.are_in_order(everyone, direction):
            continue
        if before in _ORDINALS:
            yield "order", Claim((f"{_ORDINALS[before]} {{one}} from the {_SIDES[direction]}",), found.head)
        if len(everyone) == 3 and direction in ("left", "above") and places.are_in_a_row(everyone, direction):
            yield "middle", Claim(_MIDDLE_WORDS, found.head)


def _size_claims(found: _Candidates, objects: tuple[ShapeObject, ...]) -> Iterator[tuple[str, Claim]]:
    radius, radii = objects[found.target - 1].radius, [objects[i - 1].radius for i in found.others]
    if radius >= COMPARABLE_RATIO * max(radii):
        yield "size", Claim(_SIZE_WORDS[True], found.head)
    if min(radii) >= COMPARABLE_RATIO * radius:
        yield "size", Claim(_SIZE_WORDS[False], found.head)


def _anchor_claims(found: _Candidates, anchor: int, name: Description, places: Places) -> Iterator[tuple[str, Claim]]:
    target, others = found.target, found.others
    for direction in DIRECTIONS:
        alone = all(places.lies(i, anchor, direction) is False for i in others)
        if alone and places.lies(target, anchor, direction) is True:
            kind = "utmost" if places.is_utmost(target, others, direction) else "anchor"
            yield kind, anchor_claim(direction, found.head, name, places.are_apart(target, anchor))
    if all(places.is_nearer(target, i, anchor) for i in others):
        yield "distance", Claim(_DISTANCE_WORDS[True], found.head, name)
    if all(places.is_nearer(i, target, anchor) for i in others):
        yield "distance", Claim(_DISTANCE_WORDS[False], found.head, name)


def _claims(
    target: int, objects: tuple[ShapeObject, ...], followed: np.ndarray, anchors: Anchors, places: Places
) -> dict[str, dict[Claim, float]]:
    """Everything that is true of object `target` alone, by what is compared, with weights."""
    claims: dict[str, dict[Claim, float]] = {}
    for head, weight in heads_of(target, objects).items():
        candidates = matches(head, objects)
        if not all(followed[i - 1] for i in candidates):
            continue
        found = _Candidates(head, target, tuple(i for i in candidates if i != target))
        for kind, claim in (*_side_claims(found, places), *_size_claims(found, objects)):
            claims.setdefault(kind, {})[claim] = weight
        for anchor, names in anchors.items():
            if anchor in candidates:
                continue
            for name, name_weight in names.items():
                for kind, claim in _anchor_claims(found, anchor, name, places):
                    claims.setdefault(kind, {})[claim] = weight * name_weight
    return claims


def describe_relation(scene: Scene, visible: np.ndarray, draws: Draws) -> list[Expression]:
    """Up to two expressions for every object that has look-alikes; none in scenes made of quick or long ways."""
    if scene.kind in (MOTION, REAPPEARANCE):
        return []
    followed = can_be_followed(visible)
    anchors, places = anchors_of(scene.objects, followed), Places(scene, visible.shape[1])
    expressions: list[Expression] = []
    for target in range(1, len(scene.objects) + 1):
        if not followed[target - 1]:
            continue
        left = _claims(target, scene.objects, followed, anchors, places)
        for kind, share in _KEPT_BACK.items():
            if draws.chance(share):
                left.pop(kind, None)
        texts: dict[str, Claim] = {}
        while left and len(texts) < _MOST_PER_OBJECT:
            kind = draws.weighted(tuple(left), tuple(_WEIGHTS[name] for name in left))
            claims = left.pop(kind)  # two expressions for one object compare different things
            claim = draws.weighted(tuple(claims), tuple(claims.values()))
            texts[claim.text(draws)] = claim
        expressions += [claim.expression(text, RELATION, (target,), scene) for text, claim in texts.items()]
    return expressions
