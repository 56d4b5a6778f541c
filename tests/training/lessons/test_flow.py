"""What the flow lesson asks, on masks drawn by hand."""

import math

import pytest
import torch

from refsam_hf.training.lessons.cells import cell_coverage
from refsam_hf.training.lessons.flow import SCALE, FlowLesson, object_steps


@pytest.fixture
def object_masks():
    """(1, 2, 3, 48, 48): the first object moves right by 8 pixels a frame, the second comes into sight late."""
    masks = torch.zeros(1, 2, 3, 48, 48, dtype=torch.uint8)
    for t in range(3):
        masks[0, 0, t, 8:24, 8 * t : 8 * t + 16] = 1
        if t:
            masks[0, 1, t, 32 - 8 * t : 48 - 8 * t, 32:48] = 1
    masks[..., 40:, :] = 255  # padding
    return masks


FEATURES = torch.randn(1, 1, 3, 6, 6, 4, generator=torch.Generator().manual_seed(0))
RIGHT = torch.tensor([8 / 48, 0.0])
FIRST, SECOND, BOTH, NONE = (
    torch.tensor([[pair]]) for pair in ([True, False], [False, True], [True] * 2, [False] * 2)
)


def saying(step):
    """A lesson whose head says the same step everywhere."""
    lesson = FlowLesson(4)
    with torch.no_grad():
        lesson.head.weight.zero_()
        lesson.head.bias.copy_(SCALE * step)
    return lesson


def test_steps_are_those_of_the_centres(object_masks):
    coverage = cell_coverage(object_masks, 6, 6)
    steps = object_steps(coverage)
    assert steps[0, 0, 0].isnan().all()
    torch.testing.assert_close(steps[0, 0, 1:], torch.stack([RIGHT] * 2))
    assert steps[0, 1, :2].isnan().all(), "what was not seen before has made no step"
    torch.testing.assert_close(steps[0, 1, 2], torch.tensor([0.0, -8 / 48]))
    assert (coverage[0, 0, 1] == 1).nonzero().tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]


def test_only_candidates_are_asked_for(object_masks):
    lesson = saying(RIGHT)
    assert lesson(FEATURES, object_masks, FIRST).item() == pytest.approx(0.0, abs=1e-10)
    assert lesson.explained == pytest.approx(1.0)
    expected = SCALE**2 * ((8 / 48) ** 2 + (8 / 48) ** 2)
    assert lesson(FEATURES, object_masks, SECOND).item() == pytest.approx(expected)
    assert lesson(FEATURES, object_masks, NONE).item() == 0.0
    assert math.isnan(lesson.explained)


def test_who_says_that_all_stood_still_explains_nothing(object_masks):
    lesson = saying(torch.zeros(2))
    assert lesson(FEATURES, object_masks, BOTH).item() > 0
    assert lesson.explained == pytest.approx(0.0)
