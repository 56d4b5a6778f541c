"""A start for a RefSAM that is trained from nothing: features that say where they are.

SAM's position embedding starts at zero, and nothing about looks asks for it: after thousands of steps no level of a
tower that knows colours and shapes told left from right, and no relation was learned. SAM's decoder knows positions
only as what attention compares, not as what it reads. Here they stand in the features from the start: as two ramps in
the position embedding, which the first level of the hierarchical dense attention hands to the decoder.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

STRENGTH = 4.0  # the length of what is added at the borders of the square; patches have some 5 to 15
READ = 10.0  # how strongly the first level hands it on, before its weight


@torch.no_grad()
def start_with_positions(model: Any, seed: int = 0) -> None:
    """Adds x and y, from -1 to 1, in two directions to the tower's position embedding (1, h, w, D), in place.

    Of the dense attention, the projection of the first level reads these directions, if the model has one.

    The directions are random and at right angles; `seed` decides them.
    """
    generator = torch.Generator().manual_seed(seed)
    table = model.vision_tower.pos_embed
    height, width, depth = table.shape[1:]
    directions = _right_angles(depth, generator).to(table)  # (2, D)
    x = torch.linspace(-1, 1, width).to(table)[None, :, None]  # (1, w, 1)
    y = torch.linspace(-1, 1, height).to(table)[:, None, None]  # (h, 1, 1)
    table[0] += STRENGTH * (x * directions[0] + y * directions[1])
    attention = model.hierarchical_dense_attention
    if attention is not None and len(attention.level_projections):
        weight = attention.level_projections[0].weight  # (C, D, 1, 1)
        channels = _right_angles(len(weight), generator).to(weight)  # (2, C)
        weight += READ / STRENGTH * (channels.T @ directions)[:, :, None, None]


def _right_angles(size: int, generator: torch.Generator) -> Tensor:
    """Two directions: (2, size)."""
    first, second = torch.randn(2, size, generator=generator)
    first = normalize(first, dim=0)
    return torch.stack([first, normalize(second - (second @ first) * first, dim=0)])
