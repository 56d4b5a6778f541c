"""Where things go without standing on each other."""

import math
from collections.abc import Callable, Sequence

from ..motion import Motion

PLACE_TRIES = 8
PLACE_FRAMES = (0, 3, 7)  # fixed, so that the scene does not depend on the clip's length

Placed = tuple[Motion, float]  # a motion, and the radius of what moves so


def crowding(motion: Motion, radius: float, placed: Sequence[Placed], frames: Sequence[int] = PLACE_FRAMES) -> float:
    """How deep an object would sit in others: 0 is free, 2 is inside one, the first frame counting double."""
    worst = 0.0
    for t in frames:
        x, y = motion.position(t)
        for other, other_radius in placed:
            other_x, other_y = other.position(t)
            dx, dy = x - other_x, y - other_y
            depth = (radius + other_radius - math.sqrt(dx * dx + dy * dy)) / min(radius, other_radius)
            worst = max(worst, depth if t else 2 * depth)
    return worst


def least_crowded(
    sample: Callable[[], Motion],
    radius: float,
    placed: Sequence[Placed],
    enough: float,
    tries: int = PLACE_TRIES,
    frames: Sequence[int] = PLACE_FRAMES,
) -> Motion:
    """The first of several motions whose crowding is at most `enough`, or else the best of them."""
    best = sample()
    least = crowding(best, radius, placed, frames)
    for _ in range(tries - 1):
        if least <= enough:
            break
        motion = sample()
        other = crowding(motion, radius, placed, frames)
        if other < least:
            best, least = motion, other
    return best
