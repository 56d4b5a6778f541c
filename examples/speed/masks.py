"""Masks to measure with."""

import numpy as np

from .official import Mask

HEIGHT, WIDTH = 480, 854


def mask_pairs(count: int, seed: int = 0) -> list[tuple[Mask, Mask]]:
    """Predictions and truths (480, 854): blobs of an object's usual size, the prediction a little off."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    pairs = []
    for _ in range(count):
        centre, radii = rng.uniform((120, 200), (360, 650)), rng.uniform(45, 130, 2)
        waves, phase = rng.integers(3, 9), rng.uniform(0, 6)
        masks = []
        for shift in (np.zeros(2), rng.uniform(-6, 6, 2)):
            y, x = rows - centre[0] - shift[0], columns - centre[1] - shift[1]
            rim = 1 + 0.15 * np.sin(waves * np.arctan2(y, x) + phase)
            masks.append((y / radii[0]) ** 2 + (x / radii[1]) ** 2 < rim**2)
        pairs.append((masks[0], masks[1]))
    return pairs
