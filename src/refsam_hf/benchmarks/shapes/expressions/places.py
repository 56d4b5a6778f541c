"""Where objects are to each other over a whole clip: clearly so, clearly not so, or in doubt.

Lengths are in heights of the frame, x right, y down. Only what holds in every frame is said to hold.
"""

from collections.abc import Sequence

import numpy as np

from ..geometry import REACH
from ..scene import Scene

# The axis, and the way along it, in which a thing lies of another.
DIRECTIONS: dict[str, tuple[int, int]] = {"left": (0, -1), "right": (0, 1), "above": (1, -1), "below": (1, 1)}

_CLEARLY = 0.12  # so far to the left is left ...
_SLOPE = 1.5  # ... unless it is farther than so many times that up or down
_CLEARLY_NOT = 0.04  # so far to the right is not left, even of a wide thing ...
_SLOPE_NOT = 3.0  # ... nor is what is farther up or down than so many times that
_GAP = 0.08  # between neighbours of an order that can be seen ...
_EDGE_GAP = 0.02  # ... and between their edges that face the same way
_DISTANCE_RATIO = 1.5
_BORDER_GAP = 0.03
_ROW_FLATNESS = 0.4


class Places:
    """The objects' places in the first `num_frames` frames, compared two by two; objects are named by ids from 1."""

    def __init__(self, scene: Scene, num_frames: int) -> None:
        self._centres = np.array([[item.motion.position(t) for t in range(num_frames)] for item in scene.objects])
        steps = self._centres[:, None] - self._centres[None]  # (O, O, T, 2), from the second object to the first
        radii = np.array([item.radius for item in scene.objects])
        reach = np.array([REACH[item.shape] * item.radius for item in scene.objects])
        gap = np.maximum(_GAP, np.abs(reach[:, None] - reach[None]) + _EDGE_GAP)[..., None]  # (O, O, 1)
        self._is_so: dict[str, list[list[bool]]] = {}
        self._is_not: dict[str, list[list[bool]]] = {}
        self._ahead: dict[str, list[list[bool]]] = {}
        for direction, (axis, way) in DIRECTIONS.items():
            along, across = way * steps[..., axis], np.abs(steps[..., 1 - axis])  # (O, O, T)
            self._is_so[direction] = ((along > _CLEARLY) & (across <= _SLOPE * along)).all(axis=-1).tolist()
            beside = (across > _CLEARLY) & (across > _SLOPE_NOT * np.abs(along))
            self._is_not[direction] = ((along < -_CLEARLY_NOT) | beside).all(axis=-1).tolist()
            self._ahead[direction] = (along >= gap).all(axis=-1).tolist()

        distance = np.sqrt(steps[..., 0] * steps[..., 0] + steps[..., 1] * steps[..., 1])  # (O, O, T)
        self._apart: list[list[bool]] = (distance > (reach[:, None] + reach[None])[..., None]).all(axis=-1).tolist()
        border = distance - radii[:, None, None]  # what the anchor's own radius takes off counts for all alike
        by_centre = distance[None, :] >= _DISTANCE_RATIO * distance[:, None]  # (first, second, anchor, T)
        by_border = border[None, :] >= border[:, None] + _BORDER_GAP
        self._nearer: list[list[list[bool]]] = (by_centre & by_border).all(axis=-1).tolist()

    def lies(self, number: int, anchor: int, direction: str) -> bool | None:
        """Whether an object lies in `direction` of another; None is in doubt."""
        if self._is_so[direction][number - 1][anchor - 1]:
            return True
        return False if self._is_not[direction][number - 1][anchor - 1] else None

    def is_ahead(self, number: int, other: int, direction: str) -> bool:
        """Whether an object clearly comes before another, counted from the side `direction`."""
        return self._ahead[direction][number - 1][other - 1]

    def are_in_order(self, numbers: Sequence[int], direction: str) -> bool:
        """Whether any two of `numbers` clearly come one after the other."""
        return all(
            self.is_ahead(i, j, direction) or self.is_ahead(j, i, direction)
            for place, i in enumerate(numbers)
            for j in numbers[:place]
        )

    def are_in_a_row(self, numbers: Sequence[int], direction: str) -> bool:
        """Whether `numbers` stretch much farther along the axis of `direction` than across it."""
        axis = DIRECTIONS[direction][0]
        spread = np.ptp(self._centres[[number - 1 for number in numbers]], axis=0)  # (T, 2)
        return bool((spread[:, 1 - axis] <= _ROW_FLATNESS * spread[:, axis]).all())

    def is_nearer(self, number: int, other: int, anchor: int) -> bool:
        """Whether an object is clearly nearer to `anchor` than the other is, by centres and by borders alike."""
        return self._nearer[number - 1][other - 1][anchor - 1]

    def are_apart(self, number: int, other: int) -> bool:
        """Whether two objects never cover a part of each other, however they are turned."""
        return self._apart[number - 1][other - 1]

    def is_utmost(self, number: int, others: Sequence[int], direction: str) -> bool:
        """Whether an object is the farthest in `direction` in the first frame, clearly or not."""
        axis, way = DIRECTIONS[direction]
        places = way * self._centres[:, 0, axis]
        return all(bool(places[number - 1] >= places[other - 1]) for other in others)
