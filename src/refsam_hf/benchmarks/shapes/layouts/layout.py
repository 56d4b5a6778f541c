"""What every layout is given and gives: objects with a look and a way to move, made for a kind of expression."""

from collections.abc import Callable
from dataclasses import dataclass

from ..draws import Draws
from ..looks import Look, LookRange
from ..motion import Box, Motion


@dataclass(frozen=True)
class Room:
    """Where objects may be and what they may look like.

    Attributes:
        looks: colours, shapes, textures, radii.
        num_objects: fewest and most.
        speed: slowest and fastest, in heights of the frame per frame.
        aspect: width / height of the frame.
    """

    looks: LookRange
    num_objects: tuple[int, int]
    speed: tuple[float, float]
    aspect: float

    def box(self, radius: float, outside: float = 0.0) -> Box:
        """Where the centre of an object may be, if a share `outside` of its radius may leave the frame."""
        margin = radius * (1.0 - outside)
        return margin, margin, max(self.aspect - margin, margin), max(1.0 - margin, margin)

    def count(self, draws: Draws, least: int) -> int:
        """How many objects, at least `least`."""
        low, high = self.num_objects
        return draws.integer(max(low, least), max(high, least))


@dataclass(frozen=True)
class Body:
    """An object to be.

    Attributes:
        nearness: orders the objects in depth; None leaves it to the size (small ones in front).
        rocks: whether it may turn to and fro; what is said to stand still does not.
    """

    look: Look
    motion: Motion
    nearness: float | None = None
    rocks: bool = True


Layout = Callable[[Draws, Room], list[Body]]
