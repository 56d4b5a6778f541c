"""Which cells of the tower's grid are kept of a clip: those of every n-th row and column, from its phase on.

The phase is that of the clip, all through: from frame to frame, what is kept of an object then moves as the object
does. Letters: (h, w) the grid, n = `every`, (h / n, w / n) what is kept of it.
"""

from dataclasses import dataclass

from torch import Tensor

from ...cells import cell_centres

LOGITS_PER_CELL = 4
"""Of each side of a cell; SAM's decoder makes them of each cell by itself."""


@dataclass(frozen=True)
class KeptCells:
    """The cells of one clip.

    Attributes:
        every: n.
        row, column: the phase, the first of each that is kept; below n.
    """

    every: int
    row: int
    column: int

    def of(self, grid: Tensor, height_dim: int) -> Tensor:
        """The kept cells of a tensor whose dimensions `height_dim` and the next are (h, w)."""
        index = [slice(None)] * height_dim + [slice(self.row, None, self.every), slice(self.column, None, self.every)]
        return grid[tuple(index)]

    def of_masks(self, masks: Tensor) -> Tensor:
        """(N, T, 4h, 4w) at the size of the logits -> (N, T, 4h / n, 4w / n)."""
        cells = masks.unflatten(3, (-1, LOGITS_PER_CELL)).unflatten(2, (-1, LOGITS_PER_CELL))  # (N, T, h, 4, w, 4)
        kept = self.of(cells.transpose(3, 4), 2)  # (N, T, h / n, w / n, 4, 4)
        return kept.transpose(3, 4).flatten(4, 5).flatten(2, 3)

    def centres(self, height: int, width: int) -> Tensor:
        """(h / n, w / n, 2): x and y of the kept cells of a grid (h, w), in sides of the square."""
        return self.of(cell_centres(height, width), 0)
