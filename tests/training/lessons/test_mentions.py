"""What the mentions lesson asks, on masks drawn by hand."""

import pytest
import torch

from refsam_hf.training.lessons.mentions import MentionsLesson

MASKS = torch.zeros(1, 3, 2, 32, 32, dtype=torch.uint8)
MASKS[0, 0, :, :16, :16] = 1
MASKS[0, 1, :, :16, 16:] = 1
MASKS[0, 2, 0, 16:, :16] = 1  # the third is seen in the first frame only
MASKS[..., 24:, :] = 255  # padding
CANDIDATES, ANCHORS = torch.tensor([[[True, True, False]]]), torch.tensor([[[False, False, True]]])
SEEN = torch.ones(1, 1, 2, dtype=torch.bool)
# what is right, as features: (B, E, T, h, w, 2) of 2 x 2 cells
ROLES = torch.tensor([[[1.0, 0], [1, 0]], [[0, 0.5], [0, 0]]]).expand(1, 1, 2, 2, 2, 2).clone()
ROLES[0, 0, 1, 1, 0] = 0


def asked(roles, seen=SEEN):
    """The loss where the head says `roles`, surely."""
    lesson = MentionsLesson(2)
    with torch.no_grad():
        lesson.head.weight.copy_(20 * torch.eye(2))
        lesson.head.bias.fill_(-10.0)
    return lesson(roles, MASKS, CANDIDATES, ANCHORS, seen).item()


def test_candidates_and_anchors_are_told_apart():
    right = asked(ROLES)
    # the half-covered cell alone cannot be said surely: weight 2.5, entropy log 2, one of 16 answers
    assert right == pytest.approx(2.5 * 0.6931 / 16, rel=1e-3)
    assert asked(ROLES.flip(-1)) > right + 1
    for frame, row, column, role in ((0, 0, 0, 0), (1, 0, 1, 0), (1, 1, 0, 1), (0, 1, 1, 0)):
        wrong = ROLES.clone()
        wrong[0, 0, frame, row, column, role] = 1 - wrong[0, 0, frame, row, column, role]
        assert asked(wrong) > right + 0.3


def test_where_the_words_are_not_read_nothing_is_asked():
    wrong = ROLES.clone()
    wrong[:, :, 1] = 1 - wrong[:, :, 1]
    first = torch.tensor([[[True, False]]])
    assert asked(wrong, first) == pytest.approx(asked(ROLES, first))
    assert asked(ROLES, first) == pytest.approx(2 * asked(ROLES), rel=1e-3)
    assert asked(wrong) > 1
    assert asked(wrong, ~SEEN) == 0.0
