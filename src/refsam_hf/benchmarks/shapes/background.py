"""Muted backgrounds: plain, gradient, noisy, striped and blobby.

All of a background's choices are drawn with the scene; only its noise depends on the size of the frame.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .config import SceneConfig
from .draws import Draws, noise_bytes
from .motion import stable_cos_sin
from .vocabulary import Rgb

_BLOB_GRID = 16  # cells of the random grid, more than any frame shows


@dataclass(frozen=True)
class Background:
    """`scale` is the width of a stripe or blob in heights of the frame; `noise` the largest deviation in grey levels.

    `grain` is the side of a cell of noise as a share of the height, at least one pixel.
    """

    kind: str
    first: Rgb
    second: Rgb
    angle: float
    scale: float
    noise: float
    coloured_noise: bool
    grain: float
    noise_seed: int


def _sample_muted(draws: Draws) -> Rgb:
    grey = draws.uniform(5.0, 185.0)
    values = [int(min(max(grey + draws.uniform(-45.0, 45.0), 0.0), 200.0) + 0.5) for _ in range(3)]
    return values[0], values[1], values[2]


def sample_background(draws: Draws, config: SceneConfig) -> Background:
    kind = draws.choice(config.backgrounds)
    noisy = draws.uniform(12.0, 60.0)
    faint = draws.uniform(1.0, 10.0) if draws.chance(0.5) else 0.0
    return Background(
        kind=kind,
        first=_sample_muted(draws),
        second=_sample_muted(draws),
        angle=draws.uniform(0.0, 2 * math.pi),
        scale=draws.uniform(0.08, 0.3),
        noise=noisy if kind == "noisy" else faint,
        coloured_noise=draws.chance(0.5),
        grain=draws.choice((0.0, 0.0, 0.016, 0.03)),
        noise_seed=draws.integer(0, 2**48),
    )


def _along(background: Background, height: int, width: int) -> np.ndarray:
    """Distance along the background's direction from the frame's centre, in heights: float32 (H, W)."""
    cos, sin = stable_cos_sin(background.angle)
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / height
    y = (np.arange(height, dtype=np.float32) + 0.5 - height / 2) / height
    return x[None, :] * cos + y[:, None] * sin


def _gradient(background: Background, height: int, width: int) -> np.ndarray:
    cos, sin = stable_cos_sin(background.angle)
    reach = abs(cos) * width / height / 2 + abs(sin) / 2  # to the corner that lies farthest along
    return _along(background, height, width) / (2 * reach) + 0.5


def _stripes(background: Background, height: int, width: int) -> np.ndarray:
    phase = _along(background, height, width) / (2 * background.scale)
    distance = np.abs(phase - np.floor(phase) - 0.5) - 0.25  # in periods, to the nearest border
    return np.clip(distance * (2 * background.scale * height) + 0.5, 0.0, 1.0)


def _blobs(background: Background, height: int, width: int) -> np.ndarray:
    """Random values on a grid of side `scale`, joined smoothly, cut softly at the middle."""
    cells = _BLOB_GRID * max(1, math.ceil(width / height))
    rows = math.ceil(1 / background.scale) + 2
    values = noise_bytes(background.noise_seed ^ 1, rows * cells).reshape(rows, cells).astype(np.float32) / 255
    y = (np.arange(height, dtype=np.float32) + 0.5) / (height * background.scale)
    x = (np.arange(width, dtype=np.float32) + 0.5) / (height * background.scale)
    row, column = y.astype(np.intp), x.astype(np.intp)
    y, x = y - row, x - column
    y, x = (y * y * (3 - 2 * y))[:, None], x * x * (3 - 2 * x)
    lines = values[row] + (values[row + 1] - values[row]) * y  # (H, cells)
    field = lines[:, column] + (lines[:, column + 1] - lines[:, column]) * x  # (H, W)
    return np.clip((field - 0.5) * 6 + 0.5, 0.0, 1.0)


_MIXES: dict[str, Callable[[Background, int, int], np.ndarray]] = {
    "gradient": _gradient,
    "striped": _stripes,
    "blobby": _blobs,
}


def _noise(background: Background, height: int, width: int) -> np.ndarray:
    """Uniform noise in cells of `grain`: float32 (H, W, 1 or 3) of -noise .. noise."""
    cell = max(1, int(background.grain * height + 0.5))
    rows, columns = -(-height // cell), -(-width // cell)
    channels = 3 if background.coloured_noise else 1
    values = noise_bytes(background.noise_seed, rows * columns * channels).reshape(rows, columns, channels)
    if cell > 1:
        values = values.repeat(cell, axis=0)[:height].repeat(cell, axis=1)[:, :width]
    return (values.astype(np.float32) - 127.5) * (background.noise / 127.5)


def draw_background(background: Background, size: tuple[int, int]) -> np.ndarray:
    """The background as float32 (H, W, 3), 0 .. 255."""
    height, width = size
    canvas = np.empty((height, width, 3), dtype=np.float32)
    mix = _MIXES.get(background.kind)
    if mix is None:
        canvas[:] = background.first
    else:
        share = mix(background, height, width)
        for channel, (first, second) in enumerate(zip(background.first, background.second, strict=True)):
            canvas[:, :, channel] = first + share * (second - first)
    if background.noise:
        canvas += _noise(background, height, width)
        np.clip(canvas, 0.0, 255.0, out=canvas)
    return canvas
