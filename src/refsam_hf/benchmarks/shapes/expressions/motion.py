"""Motion: what an object does that its look-alikes do not, and from which frame that can be known."""

from collections.abc import Callable, Sequence

import numpy as np

from ..draws import Draws
from ..kinds import MOTION
from ..motion import Point
from ..scene import Scene
from .courses import NOT_FAR, SHOWN, Course, course_of
from .description import Description, matches
from .expression import Expression, can_be_followed
from .heads import heads_of, noun_phrase

_MOST_PER_OBJECT = 2
_LEAST_SCORED = 3  # frames from the one on from which it can be decided
_RATIO = 1.8  # of two speeds, of which one is called the faster

# "{}" is the head; several ways of saying the same.
_DIRECTIONS: dict[Point, tuple[str, ...]] = {
    (0.0, -1.0): ("{} that moves up", "{} that goes up", "{} moving up", "{} going upwards"),
    (0.0, 1.0): ("{} that moves down", "{} that goes down", "{} moving down", "{} going downwards"),
    (-1.0, 0.0): ("{} that moves left", "{} that goes to the left", "{} moving left", "{} moving to the left"),
    (1.0, 0.0): ("{} that moves right", "{} that goes to the right", "{} moving right", "{} moving to the right"),
}
_MOVES = ("{} that moves", "{} that is moving", "moving {}")
_STAYS = ("{} that stays still", "{} that does not move", "{} that is not moving", "stationary {}")
_FASTER = ("faster {}", "{} that moves faster", "{} that is faster")
_SLOWER = ("slower {}", "{} that moves slower", "{} that is slower")
_STOPS = ("{} that stops", "{} that stops moving")
_NEVER_STOPS = ("{} that does not stop", "{} that never stops")
_TURNS = ("{} that turns around", "{} that turns back", "{} that changes direction", "{} that reverses")
_NEVER_TURNS = ("{} that does not turn around", "{} that never turns")

Saying = tuple[tuple[str, ...], int]  # ways to say it, and the frame from which it can be decided


def _first(frames: Sequence[bool]) -> int | None:
    return next((t for t, shown in enumerate(frames) if shown), None)


def _says_direction(target: Course, others: Sequence[Course]) -> Saying | None:
    for direction, ways in _DIRECTIONS.items():
        if target.goes(direction) and all(other.goes(direction) is False for other in others):
            mine, theirs = target.along(direction), [other.along(direction) for other in others]
            shown = _first([mine[t] - max(way[t] for way in theirs) >= SHOWN for t in range(len(mine))])
            return None if shown is None else (ways, shown)
    return None


def _says_moving(target: Course, others: Sequence[Course]) -> Saying | None:
    moves = target.moves()
    if moves is None or any(other.moves() is not (not moves) for other in others):
        return None
    movers = [target] if moves else others
    shown = _first([all(away >= SHOWN for away in frame) for frame in zip(*(m.away() for m in movers), strict=True)])
    return None if shown is None else (_MOVES if moves else _STAYS, shown)


def _says_speed(target: Course, others: Sequence[Course]) -> Saying | None:
    if len(others) != 1:
        return None
    mine, theirs = target.path(), others[0].path()
    slower, faster = sorted((mine, theirs), key=lambda path: path[-1])
    steady = all(f >= _RATIO * s for s, f in zip(slower[1:], faster[1:], strict=True))
    if slower[-1] < 2 * NOT_FAR or not steady:
        return None
    shown = _first([f - s >= SHOWN for s, f in zip(slower, faster, strict=True)])
    return None if shown is None else (_FASTER if mine is faster else _SLOWER, shown)


def _says_event(
    frame_of: Callable[[Course], int | None], ways: tuple[str, ...], never: tuple[str, ...], delay: int
) -> Callable[[Course, Sequence[Course]], Saying | None]:
    """Of something that happens to one and never to another; `delay` frames later everybody has seen it."""

    def says(target: Course, others: Sequence[Course]) -> Saying | None:
        count = len(target.points)
        mine, theirs = frame_of(target), [frame_of(other) for other in others]
        if mine is None or None in theirs:
            return None
        if mine < count and all(frame == count for frame in theirs):
            return ways, mine + delay
        happened = [frame for frame in theirs if frame is not None and frame < count]
        if mine == count and len(happened) == len(theirs):
            return never, max(happened) + delay
        return None

    return says


_SAYINGS: tuple[Callable[[Course, Sequence[Course]], Saying | None], ...] = (
    _says_direction,
    _says_moving,
    _says_speed,
    _says_event(Course.stops_at, _STOPS, _NEVER_STOPS, 2),
    _says_event(Course.turns_at, _TURNS, _NEVER_TURNS, 2),
)


def describe_motion(scene: Scene, visible: np.ndarray, draws: Draws) -> list[Expression]:
    """Up to two expressions for every object that moves as none of its look-alikes does.

    All of them must be in sight throughout. `decidable_from` is the frame in which the difference has become visible;
    at least three frames are left from there.
    """
    if scene.kind != MOTION:  # elsewhere too few move so that it can be said, and it would be said of other looks
        return []
    num_frames = visible.shape[1]
    followed = can_be_followed(visible)
    courses = [course_of(item, num_frames) for item in scene.objects]
    expressions: list[Expression] = []
    for target in range(1, len(scene.objects) + 1):
        found: dict[tuple[Description, tuple[str, ...]], tuple[float, int]] = {}
        for head, weight in heads_of(target, scene.objects).items():
            candidates = matches(head, scene.objects)
            if not all(followed[i - 1] for i in candidates):
                continue
            others = [courses[i - 1] for i in candidates if i != target]
            for says in _SAYINGS:
                saying = says(courses[target - 1], others)
                if saying is not None and saying[1] <= num_frames - _LEAST_SCORED:
                    found[head, saying[0]] = weight, saying[1]
        for _ in range(min(_MOST_PER_OBJECT, len(found))):
            key = draws.weighted(tuple(found), tuple(weight for weight, _ in found.values()))
            _, decidable_from = found.pop(key)
            head, ways = key
            text = f"the {draws.choice(ways).format(noun_phrase(head, draws))}"
            expressions.append(Expression(text, MOTION, (target,), decidable_from, matches(head, scene.objects)))
    return expressions
