"""Where an object is at frame t: functions of t alone, so that a longer clip begins as a shorter one does.

Units: the frame's height for lengths, the frame for time; x runs right, y runs down. Sines are rounded, so that the
last digit of a platform's maths library cannot move a pixel.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from .draws import Draws

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # x0, y0, x1, y1


def stable_cos_sin(angle: float) -> Point:
    return round(math.cos(angle), 9), round(math.sin(angle), 9)


class Motion(Protocol):
    def position(self, t: int) -> Point:
        """The object's centre at frame `t` >= 0."""
        ...


def _bounce(start: float, step: float, t: int, low: float, high: float) -> float:
    length = high - low
    if length <= 0:
        return low
    travelled = (start - low + step * t) % (2 * length)
    return low + (length - abs(travelled - length))


@dataclass(frozen=True)
class StraightMotion:
    """Constant speed, thrown back at the sides of `box`."""

    start: Point
    velocity: Point
    box: Box

    def position(self, t: int) -> Point:
        x0, y0, x1, y1 = self.box
        x = _bounce(self.start[0], self.velocity[0], t, x0, x1)
        return x, _bounce(self.start[1], self.velocity[1], t, y0, y1)


@dataclass(frozen=True)
class CurvedMotion:
    """Along an ellipse with axes `radii` around `centre`; `turn` is the angle per frame."""

    centre: Point
    radii: Point
    phase: float
    turn: float

    def position(self, t: int) -> Point:
        cos, sin = stable_cos_sin(self.phase + self.turn * t)
        return self.centre[0] + self.radii[0] * cos, self.centre[1] + self.radii[1] * sin


@dataclass(frozen=True)
class WaypointMotion:
    """In straight lines from one place to the next, at rest before the first and after the last.

    Attributes:
        stops: (frame, x, y), frames rising.
    """

    stops: tuple[tuple[int, float, float], ...]

    def position(self, t: int) -> Point:
        before = self.stops[0]
        for after in self.stops:
            if t < after[0]:
                if after is before:
                    break
                share = (t - before[0]) / (after[0] - before[0])
                return before[1] + share * (after[1] - before[1]), before[2] + share * (after[2] - before[2])
            before = after
        return before[1], before[2]


def sample_motion(draws: Draws, box: Box, speed_range: tuple[float, float]) -> Motion:
    """A straight or a curved path that keeps the centre inside `box`."""
    x0, y0, x1, y1 = box
    speed = draws.uniform(*speed_range)
    if draws.chance(0.5):
        start = draws.uniform(x0, x1), draws.uniform(y0, y1)
        cos, sin = stable_cos_sin(draws.uniform(0.0, 2 * math.pi))
        return StraightMotion(start, (speed * cos, speed * sin), box)
    half_width, half_height = (x1 - x0) / 2, (y1 - y0) / 2
    radius_x = half_width * draws.uniform(0.3, 0.9)
    radius_y = half_height * draws.uniform(0.3, 0.9)
    centre = draws.uniform(x0 + radius_x, x1 - radius_x), draws.uniform(y0 + radius_y, y1 - radius_y)
    turn = draws.sign() * speed / max(radius_x, radius_y, 0.05)
    return CurvedMotion(centre, (radius_x, radius_y), draws.uniform(0.0, 2 * math.pi), turn)
