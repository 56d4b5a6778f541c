"""The values of the official DAVIS 2017 evaluation, one test case for each pair of masks and each series; a clip of
moving boxes, as rows; and J and F written down once more, as plainly as their definitions."""

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from refsam_hf.evaluation.protocols import Predicted
from refsam_hf.video.rle import encode_rle

FRAMES, HEIGHT, WIDTH = 5, 30, 40
BUNDLED = Path(__file__).parents[1] / "fixtures" / "j_and_f.npz"


def _unpacked(bits: NDArray[np.uint8], height: int, width: int) -> NDArray[np.bool_]:
    return np.unpackbits(bits, count=height * width).reshape(height, width).astype(bool)


def _read_reference() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    path = os.environ.get("REFSAM_METRIC_REFERENCE") or BUNDLED
    with np.load(path, allow_pickle=False) as arrays:
        meta = json.loads(arrays["meta"].tobytes())
        pairs = [
            {
                "prediction": _unpacked(arrays[f"pred{i}"], case["height"], case["width"]),
                "ground_truth": _unpacked(arrays[f"gt{i}"], case["height"], case["width"]),
                "J": case["J"],
                "F": case["F"],
            }
            for i, case in enumerate(meta["cases"])
        ]
    series = meta["statistics"]
    if not pairs or not series:
        # an empty list of cases would be a skipped test, and nothing would have been compared
        raise ValueError(f"{path}: expected pairs of masks and series of values, got {len(pairs)} and {len(series)}")
    return pairs, series


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not {"reference_pair", "reference_series"} & set(metafunc.fixturenames):
        return
    pairs, series = _read_reference()
    if "reference_pair" in metafunc.fixturenames:
        metafunc.parametrize("reference_pair", pairs, ids=[f"pair{i}" for i in range(len(pairs))])
    if "reference_series" in metafunc.fixturenames:
        metafunc.parametrize("reference_series", series, ids=[f"{len(s['values'])}-frames" for s in series])


@pytest.fixture
def labels():
    """uint8 (T, H, W): object 1 moves to the right, object 2 down, void at a rim; another clip gives other places."""
    maps = np.zeros((FRAMES, HEIGHT, WIDTH), np.uint8)
    for t in range(FRAMES):
        maps[t, 4:14, 3 + 2 * t : 13 + 2 * t] = 1
        maps[t, 16 + t : 24 + t, 22:36] = 2
    maps[:, :, 0] = 255
    return maps


@pytest.fixture
def truth_of(labels):
    """Where protocols find the true masks of a row."""

    def truth(row):
        shown = labels[[int(name) for name in row["frame_names"]]]
        return np.isin(shown, row["object_ids"]), shown == 255

    return truth


@pytest.fixture
def make_row():
    def row(expression_id, object_ids, annotator=0, **more):
        return {
            "benchmark": "made",
            "split": "test",
            "video_id": "boxes",
            "expression_id": expression_id,
            "expression": f"the box {expression_id}",
            "object_ids": list(object_ids),
            "annotator": annotator,
            "frames_dir": "frames",
            "frame_names": [f"{t:05d}" for t in range(FRAMES)],
            "masks": "masks",
        } | more

    return row


@pytest.fixture
def predicted():
    """Masks (T, H, W) as they are handed in."""
    return lambda masks, scores=None: Predicted([encode_rle(np.asarray(mask)) for mask in masks], scores)


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
