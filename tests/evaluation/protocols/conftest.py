"""J and F written down once more, as plainly as their definitions."""

import math

import numpy as np
import pytest


def _plain_j(prediction, truth):
    union = (prediction | truth).sum()
    return (prediction & truth).sum() / union if union else 1.0


def _boundary(mask):
    height, width = mask.shape
    edge = set()
    for y in range(height):
        for x in range(width):
            below, right = min(y + 1, height - 1), min(x + 1, width - 1)
            if any(mask[y, x] != mask[place] for place in ((y, right), (below, x), (below, right))):
                edge.add((y, x))
    return edge


def _plain_f(prediction, truth):
    radius = math.ceil(0.008 * math.hypot(*truth.shape))
    found, real = _boundary(prediction), _boundary(truth)
    if not found or not real:
        return float(not found and not real)

    def near(points, others):
        return sum(any((y - v) ** 2 + (x - u) ** 2 <= radius**2 for v, u in others) for y, x in points) / len(points)

    precision, recall = near(found, real), near(real, found)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@pytest.fixture(scope="session")
def plain():
    """`plain(predictions, truths)`: the J and F of every frame, (T,) each."""

    def scores(predictions, truths):
        pairs = list(zip(predictions, truths, strict=True))
        return np.array([_plain_j(*pair) for pair in pairs]), np.array([_plain_f(*pair) for pair in pairs])

    return scores
