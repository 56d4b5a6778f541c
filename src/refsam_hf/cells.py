"""Where the cells of the tower's grid lie."""

import torch
from torch import Tensor


def cell_centres(height: int, width: int, device: torch.device | None = None) -> Tensor:
    """(h, w, 2): x and y of the cells' centres, in sides of the square."""
    x = (torch.arange(width, device=device, dtype=torch.float32) + 0.5) / width
    y = (torch.arange(height, device=device, dtype=torch.float32) + 0.5) / height
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
