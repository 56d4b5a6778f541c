"""What the places lesson asks, on masks drawn by hand."""

import pytest
import torch

from refsam_hf.cells import cell_centres
from refsam_hf.training.lessons.places import PlacesLesson

# the first object stays in the upper left quarter, the second is seen in the first frame only
MASKS = torch.zeros(1, 2, 2, 32, 32, dtype=torch.uint8)
MASKS[0, 0, :, :16, :16] = 1
MASKS[0, 1, 0, 16:, 16:] = 1
SEEN = torch.ones(1, 1, 2, dtype=torch.bool)
CENTRES = cell_centres(4, 4, torch.device("cpu"))


def places_from(x, y):
    """What is right, as features of both frames: (1, 1, 2, 4, 4, 3)."""
    ways = CENTRES - torch.tensor([x, y])
    return torch.cat([ways, ways.norm(dim=-1, keepdim=True)], dim=-1).expand(1, 1, 2, 4, 4, 3)


def asked(features, anchors, seen=SEEN):
    """The loss where the head says what it is given."""
    lesson = PlacesLesson(3)
    with torch.no_grad():
        lesson.head.weight.copy_(torch.eye(3))
        lesson.head.bias.zero_()
    return lesson(features, MASKS, torch.tensor([[anchors]]), seen).item()


def test_who_knows_the_ways_from_the_anchor_loses_nothing():
    assert asked(places_from(0.25, 0.25), [True, False]) == pytest.approx(0.0, abs=1e-10)
    assert asked(torch.zeros(1, 1, 2, 4, 4, 3), [True, False]) == pytest.approx(1.0)
    for channel in range(3):
        wrong = places_from(0.25, 0.25).clone()
        wrong[..., channel] *= -1
        assert asked(wrong, [True, False]) > 0.3


def test_it_is_asked_where_the_anchor_is_seen_and_the_words_are_read():
    second = places_from(0.75, 0.75).clone()
    second[0, 0, 1] = 7.0  # there the second object is hidden
    assert asked(second, [False, True]) == pytest.approx(0.0, abs=1e-10)
    first = places_from(0.25, 0.25).clone()
    first[0, 0, 1] = 7.0
    assert asked(first, [True, False]) > 1
    assert asked(first, [True, False], torch.tensor([[[True, False]]])) == pytest.approx(0.0, abs=1e-10)


def test_without_one_anchor_nothing_is_asked():
    for anchors in ([False, False], [True, True]):
        assert asked(torch.ones(1, 1, 2, 4, 4, 3), anchors) == 0.0
