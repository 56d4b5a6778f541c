"""A start for a vision tower that is trained from nothing: tokens that say where they are.

SAM's position embedding starts at zero, and nothing about looks asks for it: after thousands of steps no level of a
tower that knows colours and shapes tells left from right. Here the embedding starts with two ramps.
"""

from typing import Any

import torch
from torch.nn.functional import normalize

STRENGTH = 4.0  # the length of what is added at the borders of the square; patches have some 5 to 15


@torch.no_grad()
def start_with_positions(tower: Any, seed: int = 0) -> None:
    """Adds to the position embedding (1, h, w, D) of a SAM tower, in place: x and y, from -1 to 1, in two directions.

    The directions are random and at right angles; `seed` decides them.
    """
    table = tower.pos_embed
    height, width, channels = table.shape[1:]
    first, second = torch.randn(2, channels, generator=torch.Generator().manual_seed(seed)).to(table)
    first = normalize(first, dim=0)
    second = normalize(second - (second @ first) * first, dim=0)
    x = torch.linspace(-1, 1, width).to(table)[None, :, None]  # (1, w, 1)
    y = torch.linspace(-1, 1, height).to(table)[:, None, None]  # (h, 1, 1)
    table[0] += STRENGTH * (x * first + y * second)
