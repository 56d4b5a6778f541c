"""Shifted worlds: the same clips in another light, for asking how a model adapts to what it has not seen.

A shift changes pixels and nothing else: masks, expressions and scenes stay true. It is a function of the frames and a
seed alone, drawn on top of the clips.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.float32]  # (T, H, W, 3), 0 to 1

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
FADED = 0.3  # the share of each colour that gives way to its gray
TINTS = np.array([[1.0, 0.85, 0.6], [0.75, 1.0, 0.8], [0.7, 0.85, 1.0]], dtype=np.float32)  # amber, green, blue
NIGHT_LIGHT = np.array([0.6, 0.65, 0.8], dtype=np.float32)
NIGHT_NOISE = 0.02  # standard deviation
BLUR = 0.018  # standard deviation, as a share of the frame's height


def shift_frames(frames: NDArray[np.uint8], shifts: Sequence[str], seed: int) -> NDArray[np.uint8]:
    """The frames of a clip under one shift after the other.

    Args:
        frames: uint8 (T, H, W, 3).
        shifts: names of [`SHIFTS`], in the order in which they act.
        seed: of what is drawn; the same one gives the same pixels.

    Raises:
        ValueError: an unknown shift.
    """
    unknown = [name for name in shifts if name not in SHIFTS]
    if unknown:
        raise ValueError(f"shifts: expected some of {', '.join(SHIFTS)}, got {unknown[0]!r}")
    values: Frames = frames.astype(np.float32) / np.float32(255)
    for position, name in enumerate(shifts):
        values = SHIFTS[name](values, np.random.PCG64([seed, position]))
    return (values.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def palette(frames: Frames, bits: np.random.PCG64) -> Frames:
    """Faded colours under a tint, one of three for each clip."""
    tint = TINTS[int(bits.random_raw()) % len(TINTS)]
    gray = sum(weight * frames[..., channel : channel + 1] for channel, weight in enumerate(LUMA))
    return (frames * (1 - FADED) + gray * FADED) * tint


def night(frames: Frames, bits: np.random.PCG64) -> Frames:
    """Little light, bluish, and the noise of a sensor in it, another one in every frame."""
    noise = _uniform(bits, (*frames.shape, 3)).sum(axis=-1) - 1.5  # variance 1/4, nearly normal
    return frames * NIGHT_LIGHT + noise * np.float32(2 * NIGHT_NOISE)


def blur(frames: Frames, bits: np.random.PCG64) -> Frames:
    """Out of focus: a Gaussian over rows and columns, the borders repeated."""
    sigma = BLUR * frames.shape[1]
    reach = max(1, round(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in (1, 2):
        pads = [(reach, reach) if other == axis else (0, 0) for other in range(4)]
        padded, size = np.pad(frames, pads, mode="edge"), frames.shape[axis]
        frames = sum(
            weight * padded.take(range(start, start + size), axis=axis) for start, weight in enumerate(weights)
        )
    return frames


def _uniform(bits: np.random.PCG64, shape: tuple[int, ...]) -> Frames:
    """Numbers in [0, 1), two of every raw draw: the stream of these stays the same in all versions of NumPy."""
    count = int(np.prod(shape))
    raw = bits.random_raw((count + 1) // 2).view(np.uint32)[:count]
    return (raw.astype(np.float32) * np.float32(2**-32)).reshape(shape)


SHIFTS: dict[str, Callable[[Frames, np.random.PCG64], Frames]] = {"palette": palette, "night": night, "blur": blur}
"""The shifts by their names."""
