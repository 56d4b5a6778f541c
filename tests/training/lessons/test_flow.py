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


def saying(way, early_way=None):
    """A lesson whose heads say the same way everywhere."""
    lesson = FlowLesson(4)
    with torch.no_grad():
        for head, told in ((lesson.head, way), (lesson.early_head, way if early_way is None else early_way)):
            head.weight.zero_()
            head.bias.copy_(SCALE * told)
    return lambda features, *asked: lesson(features, features, *asked)


def candidates_of(*numbers):
    """One expression that may mean these objects."""
    return torch.tensor([[[number in numbers for number in range(3)]]])


@pytest.mark.parametrize("numbers", [(0,), (0, 2)])
def test_who_knows_the_ways_loses_nothing(object_masks, numbers):
    """The second object, which went up, is no candidate; the third was not seen in the first frame."""
    candidates = candidates_of(*numbers)
    assert saying(RIGHT)(FEATURES, object_masks, candidates).item() == pytest.approx(0.0, abs=1e-10)
    assert saying(STILL)(FEATURES, object_masks, candidates).item() == pytest.approx(1.0)


def test_all_candidates_are_asked_for(object_masks):
    assert saying(UP)(FEATURES, object_masks, candidates_of(1)).item() == pytest.approx(0.0, abs=1e-10)
    assert saying(RIGHT)(FEATURES, object_masks, candidates_of(1)).item() == pytest.approx(2.0)
    assert saying(RIGHT)(FEATURES, object_masks, candidates_of(0, 1)).item() == pytest.approx(1.0), "half went up"


def test_the_features_before_the_last_layer_are_asked_too(object_masks):
    asked = FEATURES, object_masks, candidates_of(0)
    assert saying(RIGHT, STILL)(*asked).item() == pytest.approx(0.5)
    assert saying(STILL, RIGHT)(*asked).item() == pytest.approx(0.5)


def test_each_head_has_its_own_features(object_masks):
    lesson = FlowLesson(4)
    for early in (False, True):
        features, others = FEATURES.clone().requires_grad_(), FEATURES.clone().requires_grad_()
        with torch.no_grad():
            (lesson.head if early else lesson.early_head).weight.zero_()
            (lesson.early_head if early else lesson.head).weight.fill_(1.0)
        lesson(features, others, object_masks, candidates_of(0)).backward()
        assert bool(features.grad.any()) is not early
        assert bool(others.grad.any()) is early


def test_each_expression_has_its_own_candidates(object_masks):
    candidates = torch.cat([candidates_of(0), candidates_of(1)], dim=1)
    features = FEATURES.repeat(1, 2, 1, 1, 1, 1)
    assert saying(RIGHT)(features, object_masks, candidates).item() == pytest.approx(1.0)


def test_of_nothing_nothing_is_asked(object_masks):
    assert saying(RIGHT)(FEATURES, object_masks, candidates_of()).item() == 0.0
    first = slice(None), slice(None), slice(1)
    assert saying(RIGHT)(FEATURES[first], object_masks[first], candidates_of(0)).item() == 0.0


def test_a_tremble_does_not_drown_all_else(object_masks):
    still = object_masks[:, :1, :1].expand(1, 1, 3, 48, 48)
    assert saying(torch.tensor([0.001, 0.0]))(FEATURES, still, torch.ones(1, 1, 1, dtype=torch.bool)).item() < 0.01
