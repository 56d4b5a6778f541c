"""What the choice lesson asks, on masks drawn by hand."""

import math

import pytest
import torch

from refsam_hf.training.lessons.choice import ChoiceLesson

# three objects in one frame of 8 x 8 pixels; the logits are 4 x 4
OBJECTS = torch.zeros(1, 3, 1, 8, 8, dtype=torch.uint8)
OBJECTS[0, 0, 0, :4, :4] = OBJECTS[0, 1, 0, :4, 4:] = OBJECTS[0, 2, 0, 4:, :4] = 1
FIRST_OF_TWO = torch.tensor([[[True, True, False]]])


def asked(logits, labels=OBJECTS[:, :1], candidates=FIRST_OF_TWO):
    """The loss of logits that are the same all over each of the objects."""
    pred_masks = torch.full((1, 1, 1, 4, 4), 100.0)
    for (rows, columns), value in zip(((0, 0), (0, 2), (2, 0)), logits, strict=True):
        pred_masks[..., rows : rows + 2, columns : columns + 2] = value
    return ChoiceLesson()(pred_masks, labels, OBJECTS, candidates).item()


def test_what_is_meant_has_to_be_above_the_other_candidates():
    assert asked((3.0, 3.0, 0.0)) == pytest.approx(math.log(2))
    assert asked((20.0, -20.0, 0.0)) == pytest.approx(0.0, abs=1e-6)
    assert asked((-1.0, 4.0, 0.0)) == pytest.approx(math.log1p(math.exp(5)), rel=1e-5)


def test_nothing_but_the_candidates_counts():
    assert asked((1.0, 1.0, 50.0)) == pytest.approx(math.log(2))
    assert asked((1.0, 1.0, 7.0), candidates=torch.ones(1, 1, 3, dtype=torch.bool)) == pytest.approx(
        math.log1p(math.exp((1 + 7) / 2 - 1)), rel=1e-5
    ), "the others are taken together"


@pytest.mark.parametrize(
    "labels",
    [(OBJECTS[:, :1] | OBJECTS[:, 1:2]), torch.zeros_like(OBJECTS[:, :1]), torch.full_like(OBJECTS[:, :1], 255)],
)
def test_nothing_is_asked_where_there_is_no_choice(labels):
    """Where all candidates are taught, where nothing is, and of padding."""
    assert asked((-1.0, 4.0, 0.0), labels=labels) == 0.0


def test_frames_without_a_choice_do_not_thin_the_others_out():
    pred_masks = torch.zeros(1, 1, 2, 4, 4)
    objects = torch.cat([OBJECTS, torch.zeros_like(OBJECTS)], dim=2)
    assert ChoiceLesson()(pred_masks, objects[:, :1], objects, FIRST_OF_TWO).item() == pytest.approx(math.log(2))


def test_masks_learn_from_it():
    pred_masks = torch.zeros(1, 1, 1, 4, 4, requires_grad=True)
    ChoiceLesson()(pred_masks, OBJECTS[:, :1], OBJECTS, FIRST_OF_TWO).backward()
    assert (pred_masks.grad[..., :2, :2] < 0).all()
    assert (pred_masks.grad[..., :2, 2:] > 0).all()
    assert not pred_masks.grad[..., 2:, :].any()
