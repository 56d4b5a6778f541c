"""Masks on the decoder's grid."""

import pytest
import torch

from refsam_hf.cells import cell_centres
from refsam_hf.training.lessons.cells import FADING, cell_coverage, cell_loss, object_centres, trail


def test_padding_is_not_covered():
    masks = torch.ones(1, 1, 1, 24, 24, dtype=torch.uint8)
    masks[..., 10:, :] = 255
    assert cell_coverage(masks, 6, 6)[0, 0, 0, :, 3].tolist() == [1.0, 1.0, 0.5, 0.0, 0.0, 0.0]


def test_centres_are_x_and_y_in_sides_of_the_square():
    centres = cell_centres(2, 4, torch.device("cpu"))
    assert centres[1].tolist() == [[0.125, 0.75], [0.375, 0.75], [0.625, 0.75], [0.875, 0.75]]
    coverage = torch.zeros(1, 2, 2, 2, 4)
    coverage[0, 0, :, 1, 1:3] = 1.0
    coverage[0, 1, 1, 0, 0] = 0.9  # too little of the second object is seen
    found = object_centres(coverage)
    assert found[0, 0].tolist() == [[0.5, 0.75]] * 2
    assert found[0, 1].isnan().all()


def test_a_trail_fades():
    coverage = torch.zeros(1, 1, 4, 1, 3)
    coverage[0, 0, 0, 0, 0] = coverage[0, 0, 2, 0, 1] = 1.0
    coverage[0, 0, 2, 0, 0] = 0.1  # less than what is left of the first frame
    expected = torch.tensor([[1.0, 0, 0], [FADING, 0, 0], [FADING**2, 1, 0], [FADING**3, FADING, 0]])
    torch.testing.assert_close(trail(coverage)[0, 0, :, 0], expected)


def test_what_is_covered_counts_more():
    told = torch.zeros(2)
    assert cell_loss(told, torch.tensor([0.0, 1.0])).tolist() == pytest.approx([0.6931, 4 * 0.6931], rel=1e-3)
