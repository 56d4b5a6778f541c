"""What scenes may be drawn: the ranges of a `SceneConfig`, and which frames they fit."""

import math
from dataclasses import dataclass, fields

from .vocabulary import BACKGROUNDS, COLOUR_NAMES, SHAPES, TEXTURES, UNSEEN_PAIRS, UNSEEN_SPLIT

MOST_OBJECTS = 12
SMALLEST_RADIUS_PIXELS = 3.0  # below it a star and a cross look alike
MOST_OF_FRAME = 0.6  # the share of the frame that the smallest possible objects may fill


def _check_range(name: str, value: tuple[float, float], low: float, high: float, whole: bool) -> None:
    good = isinstance(value, (tuple, list)) and len(value) == 2
    for end in value if good else ():
        number = isinstance(end, int if whole else (int, float)) and not isinstance(end, bool)
        good = good and number and math.isfinite(end)
    if not good or not low <= value[0] <= value[1] <= high:
        kind = "integers" if whole else "numbers"
        raise ValueError(f"{name}: expected two {kind} (low, high) with {low} <= low <= high <= {high}, got {value!r}")


def _check_names(name: str, value: tuple[str, ...], known: tuple[str, ...]) -> None:
    good = isinstance(value, (tuple, list)) and len(value) > 0
    if not good or any(item not in known for item in value) or len(set(value)) != len(value):
        raise ValueError(f"{name}: expected one or more different names out of {', '.join(known)}, got {value!r}")


@dataclass(frozen=True)
class SceneConfig:
    """The ranges that a scene is drawn from.

    Args:
        num_objects: fewest and most objects, both included.
        radius: as a share of the frame's height.
        speed: in heights of the frame per frame.

    Raises:
        ValueError: a range is inverted or out of bounds, or a list of names is empty or holds an unknown name.
    """

    num_objects: tuple[int, int] = (2, 6)
    radius: tuple[float, float] = (0.08, 0.25)
    speed: tuple[float, float] = (0.004, 0.05)
    colours: tuple[str, ...] = COLOUR_NAMES
    shapes: tuple[str, ...] = SHAPES
    textures: tuple[str, ...] = TEXTURES
    backgrounds: tuple[str, ...] = BACKGROUNDS

    def __post_init__(self) -> None:
        _check_range("num_objects", self.num_objects, 2, MOST_OBJECTS, whole=True)
        _check_range("radius", self.radius, 0.01, 0.4, whole=False)
        _check_range("speed", self.speed, 0.0, 0.5, whole=False)
        _check_names("colours", self.colours, COLOUR_NAMES)
        _check_names("shapes", self.shapes, SHAPES)
        _check_names("textures", self.textures, TEXTURES)
        _check_names("backgrounds", self.backgrounds, BACKGROUNDS)
        for item in fields(self):  # lists, as YAML gives them, become hashable
            object.__setattr__(self, item.name, tuple(getattr(self, item.name)))

    def pairs(self, split: str) -> tuple[tuple[str, str], ...]:
        """The pairs of colour and shape that the objects of a split may have.

        Raises:
            ValueError: colours and shapes of the config have no such pair.
        """
        all_pairs = tuple((colour, shape) for colour in self.colours for shape in self.shapes)
        if split == UNSEEN_SPLIT:
            if not UNSEEN_PAIRS.intersection(all_pairs):
                kept = ", ".join(" ".join(pair) for pair in sorted(UNSEEN_PAIRS))
                raise ValueError(
                    f"colours and shapes: expected at least one pair of those kept for {split!r} ({kept}), "
                    f"got only {', '.join(' '.join(pair) for pair in all_pairs)}"
                )
            return all_pairs
        pairs = tuple(pair for pair in all_pairs if pair not in UNSEEN_PAIRS)
        if not pairs:
            raise ValueError(
                f"colours and shapes: expected at least one pair that is not kept for {UNSEEN_SPLIT!r}, "
                f"got only {', '.join(' '.join(pair) for pair in all_pairs)}"
            )
        return pairs

    def radius_range(self, size: tuple[int, int]) -> tuple[float, float]:
        """The radii for frames of `size` (H, W): those of the config, cut where a narrow frame would not hold them.

        Raises:
            ValueError: the frame is too small, too narrow, or cannot hold as many objects as the config may ask for.
        """
        height, width = size
        low, high = self.radius
        if low * height < SMALLEST_RADIUS_PIXELS:
            raise ValueError(
                f"size: expected a height of at least {math.ceil(SMALLEST_RADIUS_PIXELS / low)} pixels for objects of "
                f"radius {low} of it, got {height}x{width} (height x width)"
            )
        high = min(high, 0.45 * width / height)
        if high < low:
            raise ValueError(
                f"size: expected a width of at least {math.ceil(low * height / 0.45)} pixels for objects of radius "
                f"{low} of the height, got {height}x{width} (height x width)"
            )
        filled = self.num_objects[1] * math.pi * low**2 * height / width
        if filled > MOST_OF_FRAME:
            raise ValueError(
                f"num_objects: expected at most {int(MOST_OF_FRAME / filled * self.num_objects[1])} objects of radius "
                f"{low} in a frame of {height}x{width}, got up to {self.num_objects[1]}"
            )
        return low, high
