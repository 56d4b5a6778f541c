"""A start for a vision tower that is trained from nothing: attention that looks at neighbours.

With small random weights every position attends to all others alike, and a tower needs very many images before it
finds out that neighbours matter. As in ConViT (d'Ascoli et al. 2021), each head is given a place to look at instead:
its attention falls off with the squared distance from there. Training may keep or change that.
"""

import math
from typing import Any

import torch
from torch import nn

SCALE = 5.0  # cells; keeps the entries of the position tables near 1
# per block, the last for all deeper ones: how far a head looks, in cells, and how sharply
DISTANCES = (1.0, 2.0, 2.0, 3.0, 3.0, 2.0)
SHARPNESS = (0.5, 0.3, 0.3, 0.2, 0.1, 0.05)


@torch.no_grad()
def start_with_local_attention(layers: nn.ModuleList) -> None:
    """Sets the queries' biases and the relative position tables of SAM blocks, in place.

    Of the head width, four dimensions are used: in two of each table stand the distance d between query and key and
    its square, and the query's bias weighs them so that the score is `-a (d - d0)^2`, plus what is the same for all
    keys.

    Args:
        layers: SAM vision layers with relative positions.
    """
    for index, layer in enumerate(layers):
        attention: Any = layer.attn
        heads = attention.num_attention_heads
        width = attention.qkv.in_features
        weight = attention.qkv.weight.view(3, heads, width // heads, width)
        bias = attention.qkv.bias.view(3, heads, width // heads)
        weight[:2, :, :4] = 0  # queries and keys: no content in the four dimensions
        bias[1, :, :4] = 0
        distance = DISTANCES[min(index, len(DISTANCES) - 1)]
        sharpness = SHARPNESS[min(index, len(SHARPNESS) - 1)]
        for head in range(heads):
            angle = 2 * math.pi * head / heads + (index % 2) * math.pi / 4
            for first, offset in ((0, distance * math.sin(angle)), (2, distance * math.cos(angle))):
                bias[0, head, first] = -2 * sharpness * offset * SCALE
                bias[0, head, first + 1] = -sharpness * SCALE**2
        for table, first in ((attention.rel_pos_h, 0), (attention.rel_pos_w, 2)):
            cells = torch.arange(len(table), dtype=table.dtype, device=table.device) - (len(table) - 1) / 2
            table[:, :4] = 0
            table[:, first] = cells / SCALE  # query minus key
            table[:, first + 1] = (cells / SCALE) ** 2
