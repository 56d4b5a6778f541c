"""Look-alikes that differ in their place and size alone, among others to name those places by, all drifting slowly.

Or two shapes in two colours each: "the circle left of the red square" and "the square left of the red circle" then
are of the same words, and both may be true.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from ..draws import Draws
from ..looks import Look, sample_look, sample_other_look
from ..motion import Motion, Point, StraightMotion, stable_cos_sin
from ..vocabulary import UNSEEN_PAIRS
from .layout import Body, Room
from .placement import Placed, least_crowded

_ALIKE = {2: 0.5, 3: 0.35, 4: 0.15}  # how many look-alikes, and how often
_CROSSED = 0.7  # the share of scenes, of those with four objects or more, that show two shapes in two colours each
_BY_TEXTURE = 0.15  # of these, the share in which textures stand for the colours
_IN_LINE = 0.2  # the share of scenes whose look-alikes stand in a row or a column
_IN_PAIRS = 0.8  # of the rest, the share in which two of them stand beside another object each, far from each other
# Heights per frame. What all objects share moves no relation, the rest is slow enough to leave most as they are.
_COMMON_SPEED, _OWN_SPEED = 0.008, 0.006
_BETWEEN = 0.7  # the share of scenes in which one of the others stands between two look-alikes, to tell them apart
_AROUND = 0.15  # how far, in heights, from the middle of the two it may be
_JITTER = 0.05  # by how much, in heights, an object may stand off its line
# What stands in pairs: radius at most, distance within a pair along and across its axis.
_PAIR_RADIUS, _PAIR_ALONG, _PAIR_ACROSS = 0.12, (0.145, 0.22), 0.2
_PAIR_FARTHER = 0.02  # so much farther out is the one that is not meant ...
_PAIR_SLOPE, _PAIR_SLACK = 3.0, 0.07  # ... and so far to the side that "left of" is not true of it
_SAME_WAY = 0.7  # how often what is beside something lies on the same side in both pairs
_PAIR_CALM = 0.3  # the share of the usual speeds
_OTHER_COLOUR = 0.7  # how often the two of a pair differ in colour
_PAIR_TRIES = 60
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


def _pair_points(draws: Draws, along: float, across: float, edge: float) -> list[Point]:
    """Four points in a frame of `along` x `across`: what is beside what, then the same of the other pair.

    The third point is farther out than the first, seen from the second, but so far across that it is not beside it.
    """
    near, far = (edge + draws.uniform(0.0, 0.1) * (across - 2 * edge) for _ in range(2))
    far = across - far
    way, step = draws.sign(), draws.uniform(*_PAIR_ALONG)
    most = (far - near - _PAIR_SLACK) / _PAIR_SLOPE
    farther = draws.uniform(step + _PAIR_FARTHER, max(most, step + _PAIR_FARTHER))
    other_way = way if draws.chance(_SAME_WAY) else -way
    second = draws.uniform(edge, along - edge)
    third = second + way * farther
    fourth = third - other_way * draws.uniform(*_PAIR_ALONG)
    tilts = [draws.uniform(-_PAIR_ACROSS, _PAIR_ACROSS) / 2 for _ in range(2)]
    points = [(second + way * step, near - tilts[0]), (second, near + tilts[0])]
    points += [(third, far + tilts[1]), (fourth, far - tilts[1])]
    return [(x, across - y) for x, y in points] if draws.chance(0.5) else points


def _in_pairs(draws: Draws, room: Room, common: Point) -> list[Placed] | None:
    """Two pairs of neighbours, far from each other: what is left of one is not the leftmost.

    None without room.
    """
    low, high = room.looks.radius
    most = max(low, min(high, _PAIR_RADIUS))
    for _ in range(_PAIR_TRIES):
        axis = 1 if draws.chance(0.6 if room.aspect > 1.0 else 0.4) else 0  # in which the two of a pair are neighbours
        along, across = (room.aspect, 1.0) if axis == 0 else (1.0, room.aspect)
        radii = [draws.uniform(low, most) for _ in range(4)]
        points = _pair_points(draws, along, across, max(radii))
        if (
            all(r <= x <= along - r and r <= y <= across - r for (x, y), r in zip(points, radii, strict=True))
            and all(math.dist(points[i], points[i + 1]) >= 1.05 * (radii[i] + radii[i + 1]) for i in (0, 2))
            and _PAIR_SLOPE * abs(points[2][0] - points[1][0]) + _PAIR_SLACK <= abs(points[2][1] - points[1][1])
        ):
            break
    else:
        return None
    if draws.chance(0.5):
        points, radii = points[2:] + points[:2], radii[2:] + radii[:2]
    placed: list[Placed] = []
    for (x, y), radius in zip(points, radii, strict=True):
        own = _velocity(draws, _PAIR_CALM * min(_OWN_SPEED, room.speed[1]))
        velocity = _PAIR_CALM * common[0] + own[0], _PAIR_CALM * common[1] + own[1]
        start = (x, y) if axis == 0 else (y, x)
        placed.append((StraightMotion(start, velocity, room.box(radius)), radius))
    return placed


def _crossed_looks(draws: Draws, room: Room) -> list[Look] | None:
    """Two shapes, each in the same two colours (or textures): shape 1, 1, 2, 2, colour 1, 2, 1, 2.

    None where the config has no such four.
    """
    first = sample_look(draws, room.looks, ())
    pairs = set(room.looks.pairs)
    if draws.chance(_BY_TEXTURE):
        shapes = [shape for colour, shape in room.looks.pairs if colour == first.colour and shape != first.shape]
        textures = [texture for texture in room.looks.textures if texture != first.texture]
        if not shapes or not textures:
            return None
        other, texture = draws.choice(shapes), draws.choice(textures)
        return [replace(first, shape=s, texture=t) for s in (first.shape, other) for t in (first.texture, texture)]
    found = [
        (colour, shape)
        for colour, shape in room.looks.pairs
        if colour != first.colour and shape != first.shape and {(first.colour, shape), (colour, first.shape)} <= pairs
    ]
    if not found:
        return None
    # None of these is there but in the split that is made for them.
    colour, shape = draws.choice([pair for pair in found if pair in UNSEEN_PAIRS] or found)
    names = [(c, s) for s in (first.shape, shape) for c in (first.colour, colour)]
    same = draws.chance(0.5)
    return [Look(c, s, first.texture if same else draws.choice(room.looks.textures), first.radius) for c, s in names]


def _place(draws: Draws, room: Room, looks: Sequence[Look], alike: int, common: Point) -> list[Placed]:
    """Motions and radii of `looks`, of which the first `alike` are look-alikes."""
    between = draws.chance(_BETWEEN)
    placed: list[Placed] = []
    if draws.chance(_IN_LINE):
        placed += _in_line(draws, room, alike, common)
    elif alike == 2 and draws.chance(_IN_PAIRS):
        pairs = _in_pairs(draws, room, common)
        placed += [pairs[i] for i in (0, 2, 1, 3)[: len(looks)]] if pairs else []
    for number in range(len(placed), len(looks)):
        radius = draws.uniform(*room.looks.radius) if number < alike else looks[number].radius
        motion = _in_free_space(draws, room, radius, placed, common, between and number == alike)
        placed.append((motion, radius))
    return placed


def _place_crossed(draws: Draws, room: Room, looks: list[Look], common: Point) -> list[Placed]:
    """Motions and radii of four or more `looks`, the first of which are crossed."""
    placed: list[Placed] = []
    if draws.chance(_IN_LINE):
        # Shapes take turns, and colours are 2, 1, 1, 2: each shape has one of the other on both sides.
        line = _in_line(draws, room, 4, common)
        fourth, first, third, second = line if draws.chance(0.5) else line[::-1]
        placed += [first, second, third, fourth]
    elif draws.chance(_IN_PAIRS):
        pairs = _in_pairs(draws, room, common)
        if pairs:
            first, third, second, fourth = pairs
            placed += [first, second, fourth, third] if draws.chance(_OTHER_COLOUR) else [first, second, third, fourth]
    while len(placed) < len(looks):
        radius = draws.uniform(*room.looks.radius)
        placed.append((_in_free_space(draws, room, radius, placed, common), radius))
    return placed


def lay_out_relation(draws: Draws, room: Room) -> list[Body]:
    """Two to four objects of one look but for the size, and at least one of another; or two shapes in two colours."""
    count = room.count(draws, 3)
    common = _velocity(draws, min(_COMMON_SPEED, room.speed[1]))
    looks = (_crossed_looks(draws, room) if count >= 4 and draws.chance(_CROSSED) else None) or []
    crossed = len(looks) > 0
    alike = 0
    if not crossed:
        numbers = {number: weight for number, weight in _ALIKE.items() if number < count}
        alike = draws.weighted(tuple(numbers), tuple(numbers.values()))
        looks = [sample_look(draws, room.looks, ())] * alike
    while len(looks) < count:
        looks.append(sample_other_look(draws, room.looks, looks))
    placed = _place_crossed(draws, room, looks, common) if crossed else _place(draws, room, looks, alike, common)
    return [Body(replace(look, radius=radius), motion) for look, (motion, radius) in zip(looks, placed, strict=True)]
