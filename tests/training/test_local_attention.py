import math

import pytest
import torch

from refsam_hf.training.local_attention import DISTANCES, SHARPNESS, start_with_local_attention


@pytest.fixture
def layers():
    from transformers import SamVisionConfig
    from transformers.models.sam.modeling_sam import SamVisionEncoder

    torch.manual_seed(0)
    config = SamVisionConfig(
        image_size=56,
        patch_size=8,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        output_channels=8,
        global_attn_indexes=[0, 1],
        initializer_range=0.02,
        attn_implementation="eager",
    )
    encoder = SamVisionEncoder(config)
    start_with_local_attention(encoder.layers)
    return encoder.layers


@pytest.mark.parametrize("index", [0, 1])
def test_every_head_looks_at_a_place_of_its_own(layers, index):
    side = 7
    attention = layers[index].attn
    _, weights = attention(torch.zeros(1, side, side, 32))  # (heads, 49, 49)
    weights = weights.view(4, side, side, side, side)[:, 3, 3]  # of the middle cell: (heads, 7, 7)
    rows = torch.arange(side).view(-1, 1) - 3.0
    columns = torch.arange(side).view(1, -1) - 3.0
    for head in range(4):
        angle = 2 * math.pi * head / 4 + index * math.pi / 4
        distance = (rows - DISTANCES[index] * math.sin(angle)) ** 2 + (
            columns - DISTANCES[index] * math.cos(angle)
        ) ** 2
        expected = (-SHARPNESS[index] * distance).flatten().softmax(0).view(side, side)
        assert torch.allclose(weights[head], expected, atol=1e-4)


def test_what_is_seen_does_not_blur_where_to_look(layers):
    """In the four dimensions, queries and keys hold no content."""
    weight = layers[0].attn.qkv.weight.view(3, 4, 8, 32)
    assert (weight[:2, :, :4] == 0).all()
    assert (weight[:2, :, 4:] != 0).any()
    assert (weight[2, :, :4] != 0).any()
