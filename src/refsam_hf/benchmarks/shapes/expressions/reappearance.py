"""Reappearance: an object that is out of sight for a while, among look-alikes."""

from collections.abc import Sequence

import numpy as np

from ..draws import Draws
from ..kinds import REAPPEARANCE
from ..motion import Point
from ..scene import Scene, ShapeObject
from .description import Description, is_true_of_one, matches
from .expression import SEEN_SHARE, Expression, can_be_followed
from .heads import heads_of, noun_phrase

LEAST_HIDDEN = 4  # frames in a row
_LEAST_BACK = 2  # frames in sight after that
_MOST_PER_OBJECT = 3

# "{}" is the head. What happens to it, where nothing happens to the others, ...
_HIDES = ("{} that disappears", "{} that disappears and comes back", "{} that disappears and appears again")
_BEHIND = ("{} that goes behind {}", "{} that hides behind {}", "{} that passes behind {}")
_LEAVES = ("{} that leaves the frame", "{} that goes out of the frame", "{} that leaves the frame and comes back")
_LEAVES_BY = ("{} that leaves the frame {}", "{} that goes out of the frame {}")
_SIDES = {(0, -1.0): "on the left", (0, 1.0): "on the right", (1, -1.0): "at the top", (1, 1.0): "at the bottom"}
# ... and where it was before that: by axis and sign, ...
_STARTS = ("{} that starts {}", "{} that is {} at first")
_START_MARGIN = 0.12
# ... or by what stood beside it.
_BESIDE = {(0, -1.0): "left of", (0, 1.0): "right of", (1, -1.0): "above", (1, 1.0): "below"}
_STARTS_BESIDE = ("{} that starts {} {}", "{} that is {} {} at first")

# ways of saying it, what stands in them after the head, and the object, from 1, that is named there
Saying = tuple[tuple[str, ...], tuple[str, ...], int | None]


def hidden_stretch(visible: np.ndarray) -> tuple[int, int] | None:
    """The first stretch of at least four frames without a pixel of an object, as (first, one after the last) frame.

    `visible` (T,) are its visible shares. None unless it is seen before, and in two frames after.
    """
    gone = visible <= 0.0
    start = 0
    while start < len(gone):
        end = start
        while end < len(gone) and gone[end]:
            end += 1
        if end - start >= LEAST_HIDDEN:
            seen = visible >= SEEN_SHARE
            return (start, end) if seen[0] and seen[end:].sum() >= _LEAST_BACK else None
        start = max(end, start + 1)
    return None


def _in_front(scene: Scene, target: int, t: int) -> int | None:
    """The object (from 1) that alone lies over object `target` at frame `t`."""
    item = scene.objects[target - 1]
    x, y = item.motion.position(t)
    over = []
    for i, other in enumerate(scene.objects, start=1):
        other_x, other_y = other.motion.position(t)
        dx, dy, reach = x - other_x, y - other_y, item.radius + other.radius
        if i != target and other.depth > item.depth and dx * dx + dy * dy < reach * reach:
            over.append(i)
    return over[0] if len(over) == 1 else None


def _side_left_by(scene: Scene, target: int, t: int) -> tuple[int, float] | None:
    """The axis and sign of the side over which object `target` is out of the frame at `t`; None if it is not."""
    place, ends = scene.objects[target - 1].motion.position(t), (scene.aspect, 1.0)
    for axis in (0, 1):
        if place[axis] < 0.0:
            return axis, -1.0
        if place[axis] > ends[axis]:
            return axis, 1.0
    return None


def _starts(scene: Scene, target: int, others: Sequence[int]) -> list[tuple[int, float]]:
    """The sides of the frame on which object `target` starts, and clearly nearer to them than all others."""
    places = [scene.objects[i - 1].motion.position(0) for i in (target, *others)]
    middle = (scene.aspect / 2, 0.5)
    return [
        (axis, sign)
        for axis, sign in _SIDES
        if sign * (places[0][axis] - middle[axis]) >= _START_MARGIN / 2
        and all(sign * (places[0][axis] - other[axis]) >= _START_MARGIN for other in places[1:])
    ]


def _is_beside(place: Point, anchor: Point, axis: int, sign: float) -> bool | None:
    """Whether a place is left of, right of, above or below an anchor; None where people would disagree."""
    along, across = sign * (place[axis] - anchor[axis]), place[1 - axis] - anchor[1 - axis]
    if along >= _START_MARGIN and abs(across) <= 1.5 * along:
        return True
    return False if along <= -0.04 or abs(across) >= 3 * abs(along) else None


def _starts_beside(scene: Scene, target: int, others: Sequence[int], followed: np.ndarray) -> list[tuple[str, int]]:
    """Words and anchors (from 1) such that object `target` alone starts so."""
    found = []
    places = [item.motion.position(0) for item in scene.objects]
    for anchor in range(1, len(places) + 1):
        if anchor == target or anchor in others or not followed[anchor - 1] or _name_of(scene, anchor) is None:
            continue
        for (axis, sign), words in _BESIDE.items():
            if _is_beside(places[target - 1], places[anchor - 1], axis, sign) and all(
                _is_beside(places[i - 1], places[anchor - 1], axis, sign) is False for i in others
            ):
                found.append((words, anchor))
    return found


def _name_of(scene: Scene, anchor: int) -> Description | None:
    """Appearance words that are true of an object alone; None if colour, shape and texture are not enough."""
    item: ShapeObject = scene.objects[anchor - 1]
    for name in (
        Description(colour=item.colour, shape=item.shape),
        Description(colour=item.colour, shape=item.shape, texture=item.texture),
    ):
        if is_true_of_one(name, anchor, scene.objects):
            return name
    return None


class _Hiding:
    """What each object of a scene does: whether it hides, when, and how."""

    def __init__(self, scene: Scene, visible: np.ndarray) -> None:
        self.followed = can_be_followed(visible)
        self.gone: dict[int, int] = {}  # the first frame in which the object is hidden
        self.side: dict[int, tuple[int, float]] = {}
        self.hider: dict[int, int] = {}
        for target in range(1, len(scene.objects) + 1):
            stretch = hidden_stretch(visible[target - 1])
            if stretch is None:
                continue
            self.gone[target] = stretch[0]
            side = _side_left_by(scene, target, stretch[0])
            hider = _in_front(scene, target, stretch[0]) if side is None else None
            if side is not None:
                self.side[target] = side
            if hider is not None:
                self.hider[target] = hider

    def known(self, target: int) -> bool:
        """Whether it is clear what the object does: it stays in sight, or hides in one of the ways."""
        return bool(self.followed[target - 1]) or target in self.side or target in self.hider


def _events(scene: Scene, hiding: _Hiding, target: int, others: Sequence[int], draws: Draws) -> list[Saying]:
    """What happens to object `target` and to none of the others."""
    found: list[Saying] = []
    if all(hiding.followed[i - 1] for i in others):
        found.append((_HIDES, (), None))
    if target in hiding.side:
        if not any(i in hiding.side for i in others):
            found.append((_LEAVES, (), None))
        if not any(hiding.side.get(i) == hiding.side[target] for i in others):
            found.append((_LEAVES_BY, (_SIDES[hiding.side[target]],), None))
    if target in hiding.hider:
        hider = hiding.hider[target]
        name = _name_of(scene, hider)
        if name is not None and hider not in others and not any(hiding.hider.get(i) == hider for i in others):
            found.append((_BEHIND, (f"the {noun_phrase(name, draws)}",), hider))
    return found


def describe_reappearance(scene: Scene, visible: np.ndarray, draws: Draws) -> list[Expression]:
    """Up to three expressions for every object that is hidden for four frames or more and comes back.

    What happens can be known when the object is gone; where it starts, which must be remembered, from the first frame.
    """
    if scene.kind != REAPPEARANCE:
        return []
    hiding = _Hiding(scene, visible)
    expressions: list[Expression] = []
    for target, gone in hiding.gone.items():
        found: dict[tuple[Description, Saying], tuple[float, int]] = {}
        for head, weight in heads_of(target, scene.objects).items():
            others = [i for i in matches(head, scene.objects) if i != target]
            if not all(hiding.known(i) for i in others):
                continue
            events = _events(scene, hiding, target, others, draws)
            found |= {(head, saying): (weight / len(events), gone) for saying in events}
            starts: list[Saying] = [(_STARTS, (_SIDES[side],), None) for side in _starts(scene, target, others)]
            starts += [
                (_STARTS_BESIDE, (words, f"the {noun_phrase(name, draws)}"), anchor)
                for words, anchor in _starts_beside(scene, target, others, hiding.followed)
                if (name := _name_of(scene, anchor)) is not None
            ]
            found |= {(head, saying): (weight / len(starts), 0) for saying in starts}
        for _ in range(min(_MOST_PER_OBJECT, len(found))):
            key = draws.weighted(tuple(found), tuple(weight for weight, _ in found.values()))
            _, decidable_from = found.pop(key)
            head, (sayings, more, anchor) = key
            text = f"the {draws.choice(sayings).format(noun_phrase(head, draws), *more)}"
            candidates, anchors = matches(head, scene.objects), () if anchor is None else (anchor,)
            expressions.append(Expression(text, REAPPEARANCE, (target,), decidable_from, candidates, anchors))
    return expressions
