"""What an object does in a clip, measured on where it is in each frame.

Every question has three answers: yes, no, and None where people would disagree. Lengths are in heights of the frame.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

from ..motion import Point
from ..scene import ShapeObject

MOVING, RESTING = 0.01, 0.001  # of one step: at least, at most
FAR = 0.12  # who has come so far has moved
NOT_FAR = 0.03  # who has never come so far has not
SHOWN = 0.06  # a difference of so much can be seen


def _length(x: float, y: float) -> float:
    return math.sqrt(x * x + y * y)


@dataclass(frozen=True)
class Course:
    """The centre in each frame, and the length of each of the steps between them."""

    points: tuple[Point, ...]
    steps: tuple[float, ...]

    def along(self, direction: Point) -> list[float]:
        """How far it has come in `direction` at each frame."""
        x0, y0 = self.points[0]
        return [(x - x0) * direction[0] + (y - y0) * direction[1] for x, y in self.points]

    def away(self) -> list[float]:
        """How far it is from where it started, at each frame."""
        x0, y0 = self.points[0]
        return [_length(x - x0, y - y0) for x, y in self.points]

    def path(self) -> list[float]:
        """The length of its way up to each frame."""
        lengths = [0.0]
        for step in self.steps:
            lengths.append(lengths[-1] + step)
        return lengths

    def goes(self, direction: Point) -> bool | None:
        """Whether it goes in `direction`, straight and far."""
        along, across = self.along(direction), self.along((direction[1], -direction[0]))
        if max(along) <= NOT_FAR:
            return False
        back = min(after - before for before, after in pairwise(along))
        straight = max(abs(way) for way in across) <= 0.35 * along[-1]
        return True if along[-1] >= FAR and straight and back >= -RESTING else None

    def moves(self) -> bool | None:
        away = self.away()
        return True if away[-1] >= FAR else False if max(away) <= RESTING else None

    def stops_at(self) -> int | None:
        """The frame from which it rests, after moving steadily; the number of frames if it never rests; else None."""
        count = 0
        while count < len(self.steps) and self.steps[count] >= MOVING:
            count += 1
        if count == len(self.steps):
            return len(self.points)
        rests = all(step <= RESTING for step in self.steps[count:])
        return count if rests and count >= 2 else None

    def turns_at(self) -> int | None:
        """The frame at which it goes back the way it came; the number of frames if it never turns; else None."""
        if not self.steps or min(self.steps) < MOVING:
            return None
        x0, y0 = self.points[0]
        x1, y1 = self.points[1]
        direction = (x1 - x0) / self.steps[0], (y1 - y0) / self.steps[0]
        along = self.along(direction)
        turn = along.index(max(along))
        if turn == len(along) - 1:
            return len(self.points) if along[-1] >= 0.95 * self.path()[-1] else None
        way = max(along) + (max(along) - along[-1])
        return turn if turn >= 2 and way >= 0.95 * self.path()[-1] else None


def course_of(item: ShapeObject, num_frames: int) -> Course:
    points = tuple(item.motion.position(t) for t in range(num_frames))
    steps = tuple(_length(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in pairwise(points))
    return Course(points, steps)
