"""The shapes as signed distances to their outline, and their textures.

Every function takes coordinates u, v in the object's own axes (pixels, v down) and its radius in pixels. The distance
is negative inside; near a corner it is that of the nearest edge's line, which is all that a 1-pixel border needs. Only
+, -, *, / and square roots touch the pixels, so that every machine draws the same ones.
"""

import math
from collections.abc import Callable

import numpy as np

from .motion import stable_cos_sin

Distance = Callable[[np.ndarray, np.ndarray, float], np.ndarray]

# Sizes as multiples of the radius, chosen so that shapes of one radius look about equally large.
_SQUARE_HALF_SIDE = 0.86
_TRIANGLE_INRADIUS, _TRIANGLE_SHIFT = 0.62, 0.2
_STAR_REACH = 1.22
_RING_MIDDLE, _RING_HALF_WIDTH = 0.77, 0.23
_CROSS_REACH, _CROSS_HALF_WIDTH = 1.0, 0.34

_TRIANGLE_SIDES = tuple(stable_cos_sin(math.radians(angle)) for angle in (90, 210, 330))
_STAR_SIDES = tuple(stable_cos_sin(math.radians(angle)) for angle in range(-90, 270, 72))
_STAR_LINE = round(math.cos(math.radians(72)), 9)


def _circle(u: np.ndarray, v: np.ndarray, radius: float) -> np.ndarray:
    return np.sqrt(u * u + v * v) - radius


def _square(u: np.ndarray, v: np.ndarray, radius: float) -> np.ndarray:
    return np.maximum(np.abs(u), np.abs(v)) - _SQUARE_HALF_SIDE * radius


def _triangle(u: np.ndarray, v: np.ndarray, radius: float) -> np.ndarray:
    v = v - _TRIANGLE_SHIFT * radius  # its middle is not the centre of the circle inside it
    first, second, third = (u * cos + v * sin for cos, sin in _TRIANGLE_SIDES)
    return np.maximum(np.maximum(first, second), third) - _TRIANGLE_INRADIUS * radius


def _star(u: np.ndarray, v: np.ndarray, radius: float) -> np.ndarray:
    """Of the five lines that draw a pentagram, its points lie beyond at most one: the second largest counts."""
    (cos, sin), *rest = _STAR_SIDES
    largest = u * cos + v * sin
    second = np.full_like(largest, -np.inf)
    for cos, sin in rest:
        distance = u * cos + v * sin
        np.maximum(second, np.minimum(largest, distance), out=second)
        np.maximum(largest, distance, out=largest)
    return second - _STAR_LINE * _STAR_REACH * radius


def _ring(u: np.ndarray, v: np.ndarray, radius: float) -> np.ndarray:
    return np.abs(np.sqrt(u * u + v * v) - _RING_MIDDLE * radius) - _RING_HALF_WIDTH * radius


def _cross(u: np.ndarray, v: np.ndarray, radius: float) -> np.ndarray:
    u, v = np.abs(u), np.abs(v)
    long, short = np.maximum(u, v), np.minimum(u, v)
    return np.maximum(long - _CROSS_REACH * radius, short - _CROSS_HALF_WIDTH * radius)


DISTANCES: dict[str, Distance] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "ring": _ring,
    "cross": _cross,
}

# Radius of the circle around each shape, and its area, in radii and squared radii.
REACH: dict[str, float] = {
    "circle": 1.0,
    "square": 1.22,
    "triangle": 1.36,
    "star": _STAR_REACH,
    "ring": 1.0,
    "cross": 1.06,
}
AREA: dict[str, float] = {
    "circle": math.pi,
    "square": 4 * _SQUARE_HALF_SIDE**2,
    "triangle": 3 * math.sqrt(3) * _TRIANGLE_INRADIUS**2,
    "star": 1.122570 * _STAR_REACH**2,  # of the pentagram with its points on the unit circle
    "ring": 4 * math.pi * _RING_MIDDLE * _RING_HALF_WIDTH,
    "cross": 8 * _CROSS_REACH * _CROSS_HALF_WIDTH - 4 * _CROSS_HALF_WIDTH**2,
}


# Radius of the circle inside those shapes that can hide another, in radii.
INNER_RADIUS: dict[str, float] = {"circle": 1.0, "square": _SQUARE_HALF_SIDE}


def _period(radius: float, height: int) -> float:
    """Of a texture, in pixels: it grows with the object, but slowly, to be readable on small ones."""
    return 0.036 * height + 0.3 * radius


def _stripes(u: np.ndarray, v: np.ndarray, radius: float, height: int, angle: float) -> np.ndarray:
    period = _period(radius, height)
    cos, sin = stable_cos_sin(angle)
    phase = u * (cos / period) + v * (sin / period)
    return np.clip((np.abs(phase - np.floor(phase) - 0.5) - 0.27) * period + 0.5, 0.0, 1.0)


def _dots(u: np.ndarray, v: np.ndarray, radius: float, height: int, angle: float) -> np.ndarray:
    period = _period(radius, height)
    column, row = u * (1 / period), v * (1 / period)
    column, row = column - np.floor(column) - 0.5, row - np.floor(row) - 0.5
    return np.clip((0.31 - np.sqrt(column * column + row * row)) * period + 0.5, 0.0, 1.0)


# The share of the second tone, float32 of the coordinates' shape.
PATTERNS: dict[str, Callable[[np.ndarray, np.ndarray, float, int, float], np.ndarray]] = {
    "striped": _stripes,
    "dotted": _dots,
}
