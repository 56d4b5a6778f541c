"""Look-alikes that differ in their place and size alone, among others to name those places by, all drifting slowly."""

import math

from ..draws import Draws
from ..looks import Look, sample_look, sample_other_look
from ..motion import Motion, Point, StraightMotion, stable_cos_sin
from .layout import Body, Room
from .placement import Placed, least_crowded

_ALIKE = {2: 0.5, 3: 0.35, 4: 0.15}  # how many look-alikes, and how often
_IN_LINE = 0.25  # the share of scenes whose look-alikes stand in a row or a column
# Heights per frame. What all objects share moves no relation, the rest is slow enough to leave most as they are.
_COMMON_SPEED, _OWN_SPEED = 0.008, 0.006
_BETWEEN = 0.7  # the share of scenes in which one of the others stands between two look-alikes, to tell them apart
_AROUND = 0.15  # how far, in heights, from the middle of the two it may be
_JITTER = 0.05  # by how much, in heights, an object may stand off its line
_ENOUGH = 0.1
_TRIES = 30
_FRAMES = (0, 4, 8, 11)


def _velocity(draws: Draws, most: float) -> Point:
    speed = draws.uniform(0.0, most)
    cos, sin = stable_cos_sin(draws.uniform(0.0, 2 * math.pi))
    return speed * cos, speed * sin


def _drift(draws: Draws, common: Point, room: Room) -> Point:
    x, y = _velocity(draws, min(_OWN_SPEED, room.speed[1]))
    return common[0] + x, common[1] + y


def _in_line(draws: Draws, room: Room, count: int, common: Point) -> list[Placed]:
    """Motions and radii of `count` objects, evenly apart along a row or a column."""
    across = 1 if draws.chance(0.5) else 0  # the axis that they have in common: y makes a row
    slot = (1.0 if across == 0 else room.aspect) / count
    low, high = room.looks.radius
    most = max(low, min(high, 0.45 * slot))
    line = draws.uniform(0.0, 1.0)  # where the row is, as a share of the room there is for it
    standing: list[Placed] = []
    for number in range(count):
        radius = draws.uniform(low, most)
        box = room.box(radius)
        offset = draws.uniform(-_JITTER, _JITTER)
        middle = (number + 0.5) * slot
        free = max(0.5 * slot - radius, 0.0)
        along = middle + draws.uniform(-0.8 * free, 0.8 * free)
        beside = box[across] + line * (box[across + 2] - box[across]) + offset
        x, y = (along, beside) if across == 1 else (beside, along)
        start = min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3])
        standing.append((StraightMotion(start, _drift(draws, common, room), box), radius))
    return standing


def _in_free_space(
    draws: Draws, room: Room, radius: float, placed: list[Placed], common: Point, between: bool = False
) -> Motion:
    """Where nothing is, if there is such a place: anywhere, or between the first two of `placed`."""
    box = x0, y0, x1, y1 = room.box(radius)
    if between:
        (ax, ay), (bx, by) = (motion.position(0) for motion, _ in placed[:2])
        x, y = (ax + bx) / 2, (ay + by) / 2
        x0, x1 = max(x0, min(x - _AROUND, x1)), min(x1, max(x + _AROUND, x0))
        y0, y1 = max(y0, min(y - _AROUND, y1)), min(y1, max(y + _AROUND, y0))

    def sample() -> StraightMotion:
        start = draws.uniform(x0, x1), draws.uniform(y0, y1)
        return StraightMotion(start, _drift(draws, common, room), box)

    return least_crowded(sample, radius, placed, _ENOUGH, _TRIES, _FRAMES)


def lay_out_relation(draws: Draws, room: Room) -> list[Body]:
    """Two to four objects of one look but for the size, and at least one of another."""
    count = room.count(draws, 3)
    numbers = {number: weight for number, weight in _ALIKE.items() if number < count}
    alike = draws.weighted(tuple(numbers), tuple(numbers.values()))
    look = sample_look(draws, room.looks, ())
    common = _velocity(draws, min(_COMMON_SPEED, room.speed[1]))
    placed: list[Placed] = []
    if draws.chance(_IN_LINE):
        placed += _in_line(draws, room, alike, common)
    else:
        for _ in range(alike):
            radius = draws.uniform(*room.looks.radius)
            placed.append((_in_free_space(draws, room, radius, placed, common), radius))
    looks = [Look(look.colour, look.shape, look.texture, radius) for _, radius in placed]
    between = draws.chance(_BETWEEN)
    for number in range(count - alike):
        other = sample_other_look(draws, room.looks, looks)
        looks.append(other)
        motion = _in_free_space(draws, room, other.radius, placed, common, between and number == 0)
        placed.append((motion, other.radius))
    return [Body(look, motion) for look, (motion, _) in zip(looks, placed, strict=True)]
