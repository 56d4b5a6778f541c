"""Random draws that are the same on every machine, Python and NumPy version.

Everything is built on the two streams whose values are promised to stay: `random.Random.random()` for the scene, and
the raw bits of `numpy.random.PCG64` for per-pixel noise. Distributions of either library are not used, because their
algorithms may change between versions.
"""

import hashlib
import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

# Part of every key: raise it when the pictures change on purpose, so that old and new clips cannot be confused.
GENERATION = 3


def stream_seed(*key: str | int) -> int:
    """A 64-bit seed for a named stream; different keys give unrelated streams."""
    text = "/".join(str(part) for part in ("refsam-shapes", GENERATION, *key))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def plain_sum(values: Iterable[float]) -> float:
    """One addition after the other: the built-in `sum` of floats rounds otherwise from Python 3.12 on."""
    total = 0.0
    for value in values:
        total += value
    return total


class Draws:
    """A stream of draws named by `key`, for instance `Draws("train", seed, index, "scene")`."""

    def __init__(self, *key: str | int) -> None:
        self._random = random.Random(stream_seed(*key)).random

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self._random()

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def integer(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, both included."""
        return low + min(int(self._random() * (high - low + 1)), high - low)

    def choice(self, items: Sequence[T]) -> T:
        return items[self.integer(0, len(items) - 1)]

    def weighted(self, items: Sequence[T], weights: Sequence[float]) -> T:
        """One of `items`, with probability proportional to its weight."""
        left = self._random() * plain_sum(weights)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        return items[-1]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in a random order (Fisher-Yates)."""
        left, order = list(items), []
        while left:
            order.append(left.pop(self.integer(0, len(left) - 1)))
        return order

    def sign(self) -> int:
        return 1 if self._random() < 0.5 else -1


def noise_bytes(seed: int, count: int) -> np.ndarray:
    """`count` uniform bytes, uint8 (count,), from the raw bits of PCG64."""
    words = np.random.PCG64(seed).random_raw((count + 7) // 8)
    return words.astype("<u8").view(np.uint8)[:count]
