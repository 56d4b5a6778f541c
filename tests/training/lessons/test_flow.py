"""What the flow lesson asks, on masks drawn by hand."""

import pytest
import torch

from refsam_hf.training.lessons.flow import SCALE, FlowLesson


@pytest.fixture
def object_masks():
    """(1, 3, 3, 48, 48): the first object jumps right by 8 pixels, the second up, the third comes into sight late."""
    masks = torch.zeros(1, 3, 3, 48, 48, dtype=torch.uint8)
    masks[0, 0, 0, 8:24, :16] = 1
    masks[0, 0, 1:, 8:24, 8:24] = 1
    masks[0, 1, 0, 24:40, 32:48] = 1
    masks[0, 1, 1:, 16:32, 32:48] = 1
    masks[0, 2, 1:, 40:48, :8] = 1
    return masks


FEATURES = torch.randn(1, 1, 3, 6, 6, 4, generator=torch.Generator().manual_seed(0))
RIGHT, UP, STILL = torch.tensor([8 / 48, 0.0]), torch.tensor([0.0, -8 / 48]), torch.zeros(2)


def saying(way):
    """A lesson whose head says the same way everywhere."""
    lesson = FlowLesson(4)
    with torch.no_grad():
        lesson.head.weight.zero_()
        lesson.head.bias.copy_(SCALE * way)
    return lesson


def labels_of(object_masks, *taught):
    """One expression, of which object i is taught in the frames `taught[i]`."""
    labels = torch.zeros_like(object_masks[:, :1])
    for number, frames in enumerate(taught):
        for t in frames:
            labels[0, 0, t] |= object_masks[0, number, t]
    return labels


@pytest.mark.parametrize("taught", [([0, 1, 2],), ([0, 1],), ([0, 1], [2]), ([0, 1], [], [0, 1, 2])])
def test_who_knows_the_ways_loses_nothing(object_masks, taught):
    """The second object, which went up, was not taught in the frame before; the third was not seen in the first."""
    labels = labels_of(object_masks, *taught)
    assert saying(RIGHT)(FEATURES, object_masks, labels).item() == pytest.approx(0.0, abs=1e-10)
    assert saying(STILL)(FEATURES, object_masks, labels).item() == pytest.approx(1.0)


def test_what_was_taught_in_the_frame_before_is_asked_for(object_masks):
    labels = labels_of(object_masks, [], [1])
    assert saying(UP)(FEATURES, object_masks, labels).item() == pytest.approx(0.0, abs=1e-10)
    assert saying(RIGHT)(FEATURES, object_masks, labels).item() == pytest.approx(2.0)
    both = labels_of(object_masks, [0, 1], [1])
    assert saying(RIGHT)(FEATURES, object_masks, both).item() == pytest.approx(2 / 3), "a third of the cells went up"


def test_of_nothing_nothing_is_asked(object_masks):
    assert saying(RIGHT)(FEATURES, object_masks, labels_of(object_masks)).item() == 0.0
    first = slice(None), slice(None), slice(1)
    assert saying(RIGHT)(FEATURES[first], object_masks[first], object_masks[:, :1, :1]).item() == 0.0


def test_a_tremble_does_not_drown_all_else(object_masks):
    still = object_masks[:, :1, :1].expand(1, 1, 3, 48, 48)
    assert saying(torch.tensor([0.001, 0.0]))(FEATURES, still, still).item() < 0.01
