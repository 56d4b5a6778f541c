"""A start for a RefSAM that is trained from nothing: features that say where they are.

SAM's position embedding starts at zero, and nothing about looks asks for it: after thousands of steps no level of a
tower that knows colours and shapes told left from right, and no relation was learned. SAM's decoder knows positions
only as what attention compares, not as what it reads, so its tokens have no place to remember either. Here positions
stand in the features from the start: as ramps and slow waves in the tower's position embedding, which the first level
of the hierarchical dense attention hands to the decoder.
"""

import math
from typing import Any

import torch
from torch import Tensor

RAMP, WAVE = 4.0, 1.5  # how strong they are in the position embedding; patches have a length of some 5 to 15
FREQUENCIES = (1, 2, 3)  # half waves over the square
READ = 2.5  # how strongly the first level hands each on, as a multiple of what is in the embedding


def position_codes(height: int, width: int) -> Tensor:
    """Ramps and waves over the cells of a square, each between -1 and 1: (h, w, 2 + 4 * frequencies)."""
    x = torch.linspace(-1, 1, width).expand(height, width)
    y = torch.linspace(-1, 1, height)[:, None].expand(height, width)
    waves = [
        wave(math.pi * frequency * place)
        for frequency in FREQUENCIES
        for place in (x, y)
        for wave in (torch.sin, torch.cos)
    ]
    return torch.stack([x, y, *waves], dim=-1)


@torch.no_grad()
def start_with_positions(model: Any, seed: int = 0) -> None:
    """Adds codes of the position to the tower's position embedding (1, h, w, D), in place.

    Each code has a direction of its own, at right angles to the others; `seed` decides them. Of the dense attention,
    the projection of the first level reads these directions, if the model has one.

    Raises:
        ValueError: the tower or the prompt channels are too narrow for so many directions.
    """
    generator = torch.Generator().manual_seed(seed)
    table = model.vision_tower.pos_embed
    height, width, depth = table.shape[1:]
    codes = position_codes(height, width)  # (h, w, K)
    strengths = torch.tensor([RAMP] * 2 + [WAVE] * (codes.shape[-1] - 2))
    directions = _right_angles(depth, codes.shape[-1], generator)  # (D, K)
    table[0] += ((codes * strengths) @ directions.T).to(table)
    attention = model.hierarchical_dense_attention
    if attention is not None and len(attention.level_projections):
        weight = attention.level_projections[0].weight  # (C, D, 1, 1)
        channels = _right_angles(len(weight), codes.shape[-1], generator)  # (C, K)
        weight += READ * (channels @ directions.T).to(weight)[:, :, None, None]


def _right_angles(size: int, count: int, generator: torch.Generator) -> Tensor:
    """Directions at right angles: (size, count)."""
    if size < count:
        raise ValueError(f"expected at least {count} channels for the codes of the position, got {size}")
    return torch.linalg.qr(torch.randn(size, count, generator=generator))[0]
