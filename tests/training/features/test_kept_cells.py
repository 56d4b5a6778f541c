"""Which cells are kept, and what of a mask lies on them."""

import pytest
import torch

from refsam_hf.training.features.kept_cells import KeptCells


def test_every_cell_or_some_from_the_phase_on():
    grid = torch.arange(36).view(1, 6, 6)
    assert torch.equal(KeptCells(1, 0, 0).of(grid, 1), grid)
    assert KeptCells(2, 0, 1).of(grid, 1).tolist() == [[[1, 3, 5], [13, 15, 17], [25, 27, 29]]]
    assert KeptCells(3, 2, 1).of(grid, 1).tolist() == [[[13, 16], [31, 34]]]


def test_masks_keep_the_four_by_four_pixels_of_each_cell():
    masks = torch.arange(24 * 24).view(1, 1, 24, 24)
    rows, columns = ([4 * cell + pixel for cell in cells for pixel in range(4)] for cells in ((1, 3, 5), (0, 2, 4)))
    assert torch.equal(KeptCells(2, 1, 0).of_masks(masks), masks[:, :, rows][:, :, :, columns])
    assert torch.equal(KeptCells(1, 0, 0).of_masks(masks), masks)
    assert KeptCells(2, 1, 0).of_masks(masks[:0]).shape == (0, 1, 12, 12)


def test_centres_are_x_and_y_of_the_kept_cells():
    centres = KeptCells(2, 1, 0).centres(4, 4)
    assert centres.tolist() == [[[0.125, 0.375], [0.625, 0.375]], [[0.125, 0.875], [0.625, 0.875]]]


def test_what_moves_keeps_its_ways():
    """The centre of a block of kept cells is off by the same in every frame."""
    cells, moved = KeptCells(2, 0, 1), torch.zeros(1, 2, 24, 24)
    moved[0, 0, 0:8, 0:8] = moved[0, 1, 8:16, 8:16] = 1  # by two cells, in both directions
    kept = cells.of_masks(moved)
    assert [kept[0, t].nonzero().float().mean(0).tolist() for t in range(2)] == [[1.5, 1.5], [5.5, 5.5]]
    ways = pytest.approx([1 / 3, 1 / 3])
    assert ((torch.tensor([5.5, 5.5]) - torch.tensor([1.5, 1.5])) / 12).tolist() == ways
