"""What the memory lesson asks, on masks drawn by hand."""

import pytest
import torch

from refsam_hf.training.lessons.cells import cell_coverage, trail
from refsam_hf.training.lessons.memory import MemoryLesson

# one expression, two frames, 2 x 2 cells: its target is in the first cell, then in the last
LABELS = torch.zeros(1, 1, 2, 16, 16, dtype=torch.uint8)
LABELS[0, 0, 0, :8, :8] = LABELS[0, 0, 1, 8:, 8:] = 1
POSITIONS = torch.eye(4).reshape(1, 4, 2, 2)  # each cell's is a channel of its own
FADED = 0.5 + 1.3863 / 40  # what is said of the first cell in the second frame: 0.8, after a sigmoid
TOKENS = torch.tensor([[[[1.0, 0, 0, 0], [FADED, 0, 0, 1.0]]]])  # (1, 1, 2, 4)
FEATURES = torch.zeros(1, 1, 2, 2, 2, 4)
FEATURES[0, 0, 1, 0, 0] = 1.0  # in the second frame, the first cell was of the mask before
LEAST = 3.4 * 0.5004 / 8  # 0.8 cannot be said more surely: weight and entropy, of one of 8 answers


def asked(features=FEATURES, tokens=TOKENS, labels=LABELS):
    """The loss where the heads say what they are given, surely."""
    lesson = MemoryLesson(4)
    with torch.no_grad():
        lesson.token_head.weight.copy_(40 * torch.eye(4))
        lesson.token_head.bias.zero_()
        lesson.bias.fill_(-20.0)
        lesson.cell_head.weight.fill_(10.0)
        lesson.cell_head.bias.fill_(-20.0)
    real = (labels != 255).flatten(2).any(dim=2)
    return lesson(features, tokens, POSITIONS, trail(cell_coverage(labels, 2, 2)), real).item()


def test_the_token_says_where_the_masks_so_far_are():
    assert asked() == pytest.approx(LEAST, rel=1e-3)
    moved = TOKENS.roll(1, dims=-1)
    assert asked(tokens=moved) > LEAST + 20
    forgotten = TOKENS.clone()
    forgotten[0, 0, 1, 0] = 0.0
    assert asked(tokens=forgotten) > LEAST + 3


def test_the_cells_say_where_the_masks_before_were():
    # a miss, of weight 4, and a false alarm among the 4 cells of the second frame
    assert asked(features=FEATURES.flip(3, 4)) == pytest.approx(LEAST + (4 * 20 + 20) / 4, rel=1e-3)
    late = FEATURES.clone()
    late[0, 0, 0] = 1.0  # nothing is asked of the first frame
    assert asked(features=late) == pytest.approx(LEAST, rel=1e-3)


def test_one_frame_has_no_mask_before():
    assert asked(FEATURES[:, :, :1], TOKENS[:, :, :1], LABELS[:, :, :1]) == pytest.approx(0.0, abs=1e-6)


def test_padded_expressions_are_left_out():
    def padded(right, wrong):
        return torch.cat([right, wrong], dim=1)

    labels = padded(LABELS, torch.full_like(LABELS, 255))
    features, tokens = padded(FEATURES, FEATURES), padded(TOKENS, TOKENS.roll(1, dims=-1))
    assert asked(features, tokens, labels) == pytest.approx(LEAST, rel=1e-3)
    assert asked(features, tokens, padded(LABELS, LABELS)) > 1
