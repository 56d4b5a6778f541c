"""Reappearance: an object that is out of sight for a while, among look-alikes that stay."""

import numpy as np

from ..draws import Draws
from ..kinds import REAPPEARANCE
from ..scene import Scene
from .description import Description, is_true_of_one, matches
from .expression import SEEN_SHARE, Expression, can_be_followed
from .heads import heads_of, noun_phrase

LEAST_HIDDEN = 4  # frames in a row
_LEAST_BACK = 2  # frames in sight after that
_MOST_PER_OBJECT = 3

# "{}" is the head. What happens to it, ...
_HIDES: tuple[str, ...] = (
    "{} that disappears",
    "{} that is hidden and comes out again",
    "{} that disappears and comes back",
    "{} that hides",
)
_BEHIND: tuple[str, ...] = ("{} that goes behind {}", "{} that hides behind {}", "{} that passes behind {}")
_LEAVES = ("{} that leaves the frame", "{} that goes out of the frame", "{} that leaves and comes back")
# ... and where it was before that: axis, sign, ways of saying it.
_STARTS = (
    (0, -1.0, ("{} that starts on the left", "{} that is on the left at first")),
    (0, 1.0, ("{} that starts on the right", "{} that is on the right at first")),
    (1, -1.0, ("{} that starts at the top", "{} that is at the top at first")),
    (1, 1.0, ("{} that starts at the bottom", "{} that is at the bottom at first")),
)
_START_MARGIN = 0.12


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


def _leaves(scene: Scene, target: int, t: int) -> bool:
    x, y = scene.objects[target - 1].motion.position(t)
    return not (0.0 <= x <= scene.aspect and 0.0 <= y <= 1.0)


def describe_reappearance(scene: Scene, visible: np.ndarray, draws: Draws) -> list[Expression]:
    """Up to three expressions for every object that is hidden for four frames or more and comes back.

    Its look-alikes are in sight throughout. "That disappears" can be decided when it has; "that starts on the left",
    which must be remembered, from the first frame.
    """
    if scene.kind != REAPPEARANCE:
        return []
    followed = can_be_followed(visible)
    expressions: list[Expression] = []
    for target in range(1, len(scene.objects) + 1):
        stretch = hidden_stretch(visible[target - 1])
        if stretch is None:
            continue
        gone = stretch[0]
        hider = None if _leaves(scene, target, gone) else _in_front(scene, target, gone)
        found: dict[tuple[Description, tuple[str, ...]], tuple[float, int]] = {}
        for head, weight in heads_of(target, scene.objects).items():
            others = [i for i in matches(head, scene.objects) if i != target]
            if not all(followed[i - 1] for i in others):
                continue
            event = _HIDES + _LEAVES if _leaves(scene, target, gone) else _HIDES
            found[head, event] = weight, gone
            if hider is not None and hider not in others:
                found[head, _BEHIND] = weight, gone
            starts = [scene.objects[i - 1].motion.position(0) for i in (target, *others)]
            for axis, sign, ways in _STARTS:
                if all(sign * (starts[0][axis] - other[axis]) >= _START_MARGIN for other in starts[1:]):
                    found[head, ways] = weight, 0
        for _ in range(min(_MOST_PER_OBJECT, len(found))):
            key = draws.weighted(tuple(found), tuple(weight for weight, _ in found.values()))
            _, decidable_from = found.pop(key)
            head, sayings = key
            names = [noun_phrase(head, draws)]
            if sayings is _BEHIND and hider is not None:
                names.append(f"the {_name_of(scene, hider, draws)}")
            text = f"the {draws.choice(sayings).format(*names)}"
            candidates = matches(head, scene.objects) if decidable_from else ()
            expressions.append(Expression(text, REAPPEARANCE, (target,), decidable_from, candidates))
    return expressions


def _name_of(scene: Scene, hider: int, draws: Draws) -> str:
    """Appearance words of what it hides behind: true of that alone where colour and shape are enough."""
    item = scene.objects[hider - 1]
    short = Description(colour=item.colour, shape=item.shape)
    if is_true_of_one(short, hider, scene.objects):
        return noun_phrase(short, draws)
    return noun_phrase(Description(colour=item.colour, shape=item.shape, texture=item.texture), draws)
