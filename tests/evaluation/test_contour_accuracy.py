import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from refsam_hf.evaluation.contour_accuracy import boundary_map, contour_accuracy, dilate_disk, tolerance_radius

Mask = NDArray[np.bool_]

SIZES = [(1, 1), (1, 9), (7, 1), (2, 2), (3, 17), (31, 29), (48, 64), (101, 75), (76, 101), (187, 333)]


def plain_boundary(mask: Mask) -> Mask:
    """The whole frame at once. Repeating the last row and column says all that is special about them: a repeated
    neighbour never differs, and the south-east one becomes the east one or the south one.
    """
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    boundary: Mask = (mask != padded[:-1, 1:]) | (mask != padded[1:, :-1]) | (mask != padded[1:, 1:])
    return boundary


def plain_dilation(mask: Mask, radius: int) -> Mask:
    """The whole frame, moved by every offset of the disk."""
    grown = np.zeros_like(mask)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if dy * dy + dx * dx <= radius * radius:
                grown |= moved(mask, dy, dx)
    return grown


def plain_accuracy(prediction: Mask, ground_truth: Mask, void: Mask | None = None) -> float:
    """F by its definition: no box, no bits, no rows of the disk."""
    if void is not None:
        prediction, ground_truth = prediction & ~void, ground_truth & ~void
    radius = math.ceil(0.008 * np.linalg.norm(prediction.shape))
    predicted, true = plain_boundary(prediction), plain_boundary(ground_truth)
    if not predicted.any() or not true.any():
        return float(predicted.any() == true.any())
    precision = (predicted & plain_dilation(true, radius)).sum() / predicted.sum()
    recall = (true & plain_dilation(predicted, radius)).sum() / true.sum()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def moved(mask: Mask, dy: int, dx: int) -> Mask:
    margin = max(abs(dy), abs(dx))
    height, width = mask.shape
    return np.pad(mask, margin)[margin - dy : margin - dy + height, margin - dx : margin - dx + width]


def random_mask(rng: np.random.Generator, height: int, width: int) -> Mask:
    """Empty, full, noise, one pixel, a rectangle (often at the frame's border) or an ellipse."""
    mask = np.zeros((height, width), dtype=bool)
    kind = rng.choice(["empty", "full", "noise", "pixel", "rectangle", "ellipse", "ellipse"])
    if kind == "full":
        mask[:] = True
    elif kind == "noise":
        mask = rng.random((height, width)) < rng.choice([0.002, 0.5, 0.998])
    elif kind == "pixel":
        mask[rng.integers(height), rng.integers(width)] = True
    elif kind == "rectangle":
        top, bottom = np.sort(rng.integers(-3, height + 4, 2)).clip(0, height)
        left, right = np.sort(rng.integers(-3, width + 4, 2)).clip(0, width)
        mask[top:bottom, left:right] = True
    elif kind == "ellipse":
        y = (np.arange(height)[:, None] - rng.uniform(0, height)) / rng.uniform(1, 1 + height / 2)
        x = (np.arange(width) - rng.uniform(0, width)) / rng.uniform(1, 1 + width / 2)
        mask = y * y + x * x <= 1
    return mask


def random_pairs(rng: np.random.Generator, height: int, width: int) -> Iterator[tuple[Mask, Mask]]:
    """Two unrelated masks; one mask, and the same moved by about the tolerance: matches and near misses."""
    yield random_mask(rng, height, width), random_mask(rng, height, width)
    mask = random_mask(rng, height, width)
    reach = tolerance_radius(height, width) + 2
    dy, dx = rng.integers(-reach, reach + 1, 2)
    yield mask, moved(mask, dy, dx)


@pytest.mark.metric_reference
def test_equals_the_official_evaluation(reference_pair: dict[str, Any]) -> None:
    value = contour_accuracy(reference_pair["prediction"], reference_pair["ground_truth"])
    assert value == pytest.approx(reference_pair["F"], rel=0, abs=1e-9)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_equals_the_plain_version(height: int, width: int) -> None:
    rng = np.random.default_rng(height * 1000 + width)
    between = 0
    for _ in range(40):
        void = random_mask(rng, height, width)
        for prediction, ground_truth in random_pairs(rng, height, width):
            for hidden in (None, void):
                expected = plain_accuracy(prediction, ground_truth, hidden)
                assert contour_accuracy(prediction, ground_truth, hidden) == expected
                between += 0 < expected < 1
    assert between > 10 or min(height, width) < 3  # the cases are not all trivial


@pytest.mark.parametrize("border", ["top", "bottom", "left", "right"])
def test_equals_the_plain_version_at_each_border(border: str) -> None:
    prediction, ground_truth = np.zeros((2, 40, 30), dtype=bool)
    prediction[8:14, 7:12] = True
    ground_truth[10:15, 8:14] = True
    far = {"top": (-8, 0), "bottom": (40 - 14, 0), "left": (0, -7), "right": (0, 30 - 12)}[border]
    prediction, ground_truth = moved(prediction, *far), moved(ground_truth, *far)
    value = contour_accuracy(prediction, ground_truth)
    assert 0 < value < 1
    assert value == plain_accuracy(prediction, ground_truth)


def test_two_masks_without_boundary_agree_and_one_alone_scores_nothing() -> None:
    empty, full = np.zeros((12, 20), dtype=bool), np.ones((12, 20), dtype=bool)
    part = np.zeros_like(empty)
    part[4:8, 5:9] = True
    assert contour_accuracy(empty, empty) == 1.0
    assert contour_accuracy(empty, full) == 1.0  # a full mask has no boundary either
    assert contour_accuracy(full, empty) == 1.0
    assert contour_accuracy(part, part) == 1.0
    assert contour_accuracy(part, empty) == 0.0
    assert contour_accuracy(full, part) == 0.0


def test_a_boundary_matches_up_to_the_tolerance_and_no_further() -> None:
    prediction = np.zeros((48, 64), dtype=bool)
    prediction[20, 20] = True  # 4 boundary pixels: itself, north, west, north-west
    assert tolerance_radius(48, 64) == 1
    assert contour_accuracy(prediction, moved(prediction, 0, 1)) == 1.0
    assert contour_accuracy(prediction, moved(prediction, 0, 2)) == 0.5
    assert contour_accuracy(prediction, moved(prediction, 0, 3)) == 0.0


def test_void_is_background_in_both_masks() -> None:
    prediction, ground_truth, void = np.zeros((3, 48, 64), dtype=bool)
    ground_truth[10:20, 10:20] = True
    prediction[10:20, 10:40] = True
    assert contour_accuracy(prediction, ground_truth) < 1
    void[:, 20:] = True
    assert contour_accuracy(prediction, ground_truth, void) == 1.0


@pytest.mark.parametrize(
    ("height", "width", "radius"),
    [(480, 854, 8), (1, 1, 1), (75, 100, 1), (76, 100, 2), (1080, 1920, 18)],  # 75 x 100: exactly 1.0, not above
)
def test_tolerance_radius(height: int, width: int, radius: int) -> None:
    assert tolerance_radius(height, width) == radius


def test_boundary_map_of_an_object_inside() -> None:
    mask = np.zeros((5, 6), dtype=np.uint8)
    mask[2:4, 2:4] = 1
    expected = [
        [0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0, 0],
        [0, 1, 0, 1, 0, 0],
        [0, 1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    assert boundary_map(mask).tolist() == expected


def test_boundary_map_at_the_last_row_and_column() -> None:
    mask = np.zeros((4, 5), dtype=np.uint8)
    mask[2:, 3:] = 1
    expected = [
        [0, 0, 0, 0, 0],
        [0, 0, 1, 1, 1],
        [0, 0, 1, 0, 0],
        [0, 0, 1, 0, 0],
    ]
    assert boundary_map(mask).tolist() == expected
    corner = np.zeros((4, 5), dtype=np.uint8)
    corner[-1, -1] = 1
    assert np.argwhere(boundary_map(corner)).tolist() == [[2, 3], [2, 4], [3, 3]]


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 8, 19])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 30), (25, 1), (23, 31)])
def test_dilate_disk_grows_each_mask_by_itself(height: int, width: int, radius: int) -> None:
    rng = np.random.default_rng(radius)
    masks = rng.random((3, height, width)) < 0.02
    masks[:, [0, -1], [-1, 0]] |= rng.random((3, 2)) < 0.5  # two corners: nothing may run over into the next row
    planes = sum(mask.astype(np.uint8) << np.uint8(bit) for bit, mask in enumerate(masks))
    expected = sum(plain_dilation(mask, radius).astype(np.uint8) << np.uint8(bit) for bit, mask in enumerate(masks))
    assert np.array_equal(dilate_disk(planes, radius), expected)


def test_another_shape_is_an_error() -> None:
    frame = np.zeros((4, 6), dtype=bool)
    with pytest.raises(ValueError, match=r"void: .*\(4, 6\), got \(4, 5\)"):
        contour_accuracy(frame, frame, np.zeros((4, 5), dtype=bool))
