"""Look-alikes that only their way of moving tells apart: up or down, moving or still, fast or slow, ...

What they do is drawn here; what is said of it is measured on what they did (`expressions/motion.py`).
"""

from collections.abc import Callable
from functools import partial

from ..draws import Draws
from ..looks import Look, sample_look, sample_other_look, sample_twin
from ..motion import Motion, Point, WaypointMotion, sample_motion
from .layout import Body, Room
from .placement import Placed, least_crowded

RUN = 12  # frames that a run takes; its end is the last thing that happens
_FRAMES = (0, 4, 8, 12)
_TRIES = 12
_STEP = (0.026, 0.05)  # heights per frame: half a frame's height or so in a run
_SLOW, _FAST = (0.012, 0.018), (0.036, 0.055)
_DIRECTIONS: tuple[Point, ...] = ((0.0, -1.0), (0.0, 1.0), (-1.0, 0.0), (1.0, 0.0))

Course = Callable[[Draws, Room, Look], Motion]


def _start(draws: Draws, room: Room, look: Look, reach: Point) -> tuple[Point, float]:
    """A start from which `reach` leads to a place that is still in the frame, and by what share it had to be cut."""
    x0, y0, x1, y1 = room.box(look.radius)
    across, along = abs(reach[0]), abs(reach[1])
    share = min(1.0, 0.95 * (x1 - x0) / max(across, 1e-6), 0.95 * (y1 - y0) / max(along, 1e-6))
    dx, dy = share * reach[0], share * reach[1]
    start = draws.uniform(x0 + max(-dx, 0.0), x1 - max(dx, 0.0)), draws.uniform(y0 + max(-dy, 0.0), y1 - max(dy, 0.0))
    return start, share


def _straight(direction: Point | None, speed: tuple[float, float] = _STEP) -> Course:
    """A run in `direction`, or in any of the four."""

    def course(draws: Draws, room: Room, look: Look) -> Motion:
        dx, dy = direction or draws.choice(_DIRECTIONS)
        length = RUN * draws.uniform(*speed)
        (x, y), share = _start(draws, room, look, (length * dx, length * dy))
        return WaypointMotion(((0, x, y), (RUN, x + share * length * dx, y + share * length * dy)))

    return course


def _still(draws: Draws, room: Room, look: Look) -> Motion:
    (x, y), _ = _start(draws, room, look, (0.0, 0.0))
    return WaypointMotion(((0, x, y),))


def _stopping(draws: Draws, room: Room, look: Look) -> Motion:
    frame, (dx, dy) = draws.integer(3, 5), draws.choice(_DIRECTIONS)
    length = frame * draws.uniform(*_STEP)
    (x, y), share = _start(draws, room, look, (length * dx, length * dy))
    return WaypointMotion(((0, x, y), (frame, x + share * length * dx, y + share * length * dy)))


def _turning(draws: Draws, room: Room, look: Look) -> Motion:
    frame, (dx, dy) = draws.integer(3, 5), draws.choice(_DIRECTIONS)
    step = draws.uniform(*_STEP)
    there, back = frame * step, (RUN - frame) * step
    # the turn is where both legs end in the frame
    x0, y0, x1, y1 = room.box(look.radius)
    low, high = min(-there, -back), 0.0
    share = min(1.0, 0.95 * min(x1 - x0, y1 - y0) / -low)
    there, back, low = share * there, share * back, share * low
    ends_x, ends_y = sorted((low * dx, high * dx)), sorted((low * dy, high * dy))
    x = draws.uniform(x0 - ends_x[0], x1 - ends_x[1])
    y = draws.uniform(y0 - ends_y[0], y1 - ends_y[1])
    return WaypointMotion(((0, x - there * dx, y - there * dy), (frame, x, y), (RUN, x - back * dx, y - back * dy)))


def _directions(draws: Draws) -> list[Course]:
    first = draws.choice(_DIRECTIONS)
    opposite = (-first[0], -first[1])
    others = [direction for direction in _DIRECTIONS if direction not in (first, opposite)]
    second = draws.weighted((_straight(opposite), _straight(draws.choice(others)), _still), (0.5, 0.25, 0.25))
    return [_straight(first), second, draws.choice((_still, _straight(opposite)))]


def _movers(draws: Draws) -> list[Course]:
    return [_straight(None), _still, draws.choice((_straight(None), _still))]


def _speeds(draws: Draws) -> list[Course]:
    return [_straight(None, _FAST), _straight(None, _SLOW)]


def _stops(draws: Draws) -> list[Course]:
    return [_stopping, _straight(None), _straight(None)]


def _turns(draws: Draws) -> list[Course]:
    return [_turning, _straight(None), _straight(None)]


# Which difference the look-alikes of a scene show, and how often.
_THEMES: dict[Callable[[Draws], list[Course]], float] = {
    _directions: 0.44,
    _movers: 0.16,
    _speeds: 0.14,
    _stops: 0.14,
    _turns: 0.12,
}


def lay_out_motion(draws: Draws, room: Room) -> list[Body]:
    """Two or three look-alikes of one theme, and others that move as they like."""
    count = room.count(draws, 2)
    courses = draws.weighted(tuple(_THEMES), tuple(_THEMES.values()))(draws)
    twins = 3 if len(courses) > 2 and count > 2 and draws.chance(0.25) else 2
    looks = [sample_look(draws, room.looks, [])]
    for _ in range(twins - 1):
        looks.append(sample_twin(draws, room.looks, looks[0]))
    for _ in range(count - twins):
        looks.append(sample_other_look(draws, room.looks, looks))
    placed: list[Placed] = []
    for position, look in enumerate(looks):
        if position < twins:
            sample = partial(courses[position], draws, room, look)
        else:
            sample = partial(sample_motion, draws, room.box(look.radius), room.speed)
        placed.append((least_crowded(sample, look.radius, placed, 0.2, _TRIES, _FRAMES), look.radius))
    return [
        Body(look, motion, rocks=i >= twins) for i, (look, (motion, _)) in enumerate(zip(looks, placed, strict=True))
    ]
