"""Objects that hide, behind another or out of the frame, and come back, among look-alikes.

In half of the scenes a look-alike hides too, elsewhere or at another time: that something hides is not enough to know.
"""

import math
from functools import partial

from ..draws import Draws
from ..geometry import INNER_RADIUS, REACH
from ..looks import Look, LookRange, sample_look, sample_other_look, sample_twin
from ..motion import Motion, Point, WaypointMotion, sample_motion, stable_cos_sin
from .layout import Body, Room
from .placement import Placed, crowding, least_crowded

_AWAY = 5  # frames behind or outside, both ends included
_BACK = 2  # frames from there to where it comes back
_GONE = (2, 4)  # the frame in which it is away
_FRAMES = (0, 2, 4, 6, 8, 10)
_TRIES = 16
_SPEED = 0.025  # at most, of those that stay
_TURNS = 12  # directions tried around what it hides behind
_IN_FRONT = 1.0  # nearer than anything that the size orders
_HIDING_RADIUS = 0.13  # what is to hide must not be large
SIDES = ("left", "right", "top", "bottom")


def _hider(draws: Draws, choices: LookRange, hidden: Look, others: list[Look]) -> Look | None:
    """A large look that hides all of `hidden`, whatever way both are turned; None if no allowed look can."""
    taken = {(look.colour, look.shape) for look in (hidden, *others)}
    pairs = [pair for pair in choices.pairs if pair[1] in INNER_RADIUS and pair not in taken]
    if not pairs:
        return None
    colour, shape = draws.choice(pairs)
    radius = 1.08 * REACH[hidden.shape] * hidden.radius / INNER_RADIUS[shape]
    low, high = choices.radius
    if radius > high:
        return None
    texture = draws.choice(choices.textures)
    return Look(colour, shape, texture, max(low, draws.uniform(radius, min(high, 1.3 * radius))))


def _clear_places(draws: Draws, room: Room, look: Look, around: Point, distance: float) -> list[Point]:
    """Places in the frame at `distance` from a point, in random directions."""
    x0, y0, x1, y1 = room.box(look.radius)
    places = []
    for _ in range(_TURNS):
        cos, sin = stable_cos_sin(draws.uniform(0.0, 2 * math.pi))
        x, y = around[0] + distance * cos, around[1] + distance * sin
        if x0 <= x <= x1 and y0 <= y <= y1:
            places.append((x, y))
    return places


def _behind(draws: Draws, room: Room, look: Look, hider: Look) -> tuple[Motion, Motion] | None:
    """The motions of what hides and of what it hides behind; None where there is no room beside that."""
    x0, y0, x1, y1 = room.box(hider.radius)
    centre = draws.uniform(x0, x1), draws.uniform(y0, y1)
    distance = REACH[hider.shape] * hider.radius + 1.1 * REACH[look.shape] * look.radius
    places = _clear_places(draws, room, look, centre, distance)
    if not places:
        return None
    start, end = draws.choice(places), draws.choice(places)
    gone = draws.integer(*_GONE)
    stops = ((0, *start), (gone, *centre), (gone + _AWAY - 1, *centre), (gone + _AWAY - 1 + _BACK, *end))
    return WaypointMotion(stops), WaypointMotion(((0, *centre),))


def _outside(draws: Draws, room: Room, look: Look, side: str) -> Motion:
    """Out over one of the four sides, and back over the same one."""
    x0, y0, x1, y1 = room.box(look.radius)
    beyond = 1.05 * REACH[look.shape] * look.radius
    inwards = draws.uniform(0.0, 0.2)
    gone = draws.integer(*_GONE)
    if side in ("left", "right"):
        outside = -beyond if side == "left" else room.aspect + beyond
        inside = min(x0 + inwards, x1) if side == "left" else max(x1 - inwards, x0)
        start, end = draws.uniform(y0, y1), draws.uniform(y0, y1)
        places = (inside, start), (outside, start), (outside, end), (inside, end)
    else:
        outside = -beyond if side == "top" else 1.0 + beyond
        inside = min(y0 + inwards, y1) if side == "top" else max(y1 - inwards, y0)
        start, end = draws.uniform(x0, x1), draws.uniform(x0, x1)
        places = (start, inside), (start, outside), (end, outside), (end, inside)
    frames = 0, gone, gone + _AWAY - 1, gone + _AWAY - 1 + _BACK
    return WaypointMotion(tuple((t, x, y) for t, (x, y) in zip(frames, places, strict=True)))


def _hide(draws: Draws, room: Room, look: Look, sides: list[str], others: list[Look]) -> list[Body]:
    """The object, and what it hides behind unless it leaves over one of `sides`, which is then taken out of them."""
    if not sides or draws.chance(0.5):
        hider = _hider(draws, room.looks, look, others)
        ways = None if hider is None else _behind(draws, room, look, hider)
        if hider is not None and ways is not None:
            return [Body(look, ways[0]), Body(hider, ways[1], _IN_FRONT)]
    side = draws.choice(sides or SIDES)
    if side in sides:
        sides.remove(side)
    return [Body(look, _outside(draws, room, look, side))]


def _alike_hiding(draws: Draws, room: Room, small: LookRange, bodies: list[Body], sides: list[str]) -> list[Body]:
    """A look-alike of the first object that hides too, where that fits in beside all others; else nothing."""
    placed = [(body.motion, body.look.radius) for body in bodies]
    for _ in range(_TRIES):
        look = sample_twin(draws, small, bodies[0].look)
        more = _hide(draws, room, look, list(sides), [body.look for body in bodies])
        if all(crowding(body.motion, body.look.radius, placed, _FRAMES) <= 0.0 for body in more):
            return more
    return []


def lay_out_reappearance(draws: Draws, room: Room) -> list[Body]:
    """One or two look-alikes hide, others of them and some of other looks stay in sight."""
    count = room.count(draws, 3)
    low, high = room.looks.radius
    small = LookRange(room.looks.pairs, room.looks.textures, (low, max(low, min(high, _HIDING_RADIUS))))
    first = sample_look(draws, small, [])
    sides = list(SIDES)
    bodies = _hide(draws, room, first, sides, [])
    more = _alike_hiding(draws, room, small, bodies, sides) if draws.chance(0.5) else []
    if len(bodies) + len(more) > count:
        more = []
    bodies += more
    twins = 1 if not more or (len(bodies) < count and draws.chance(0.3)) else 0
    looks = [body.look for body in bodies]
    for _ in range(twins):
        # of sizes as its own, or the smallest would always be meant
        looks.append(sample_twin(draws, small, first))
    while len(looks) < count:
        looks.append(sample_other_look(draws, room.looks, looks))
    placed: list[Placed] = [(body.motion, body.look.radius) for body in bodies]
    for look in looks[len(bodies) :]:
        wander = partial(sample_motion, draws, room.box(look.radius), (0.0, _SPEED))
        motion = least_crowded(wander, look.radius, placed, 0.0, _TRIES, _FRAMES)
        placed.append((motion, look.radius))
        bodies.append(Body(look, motion))
    return bodies
