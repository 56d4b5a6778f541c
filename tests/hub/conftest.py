"""Tiny checkpoints: SAMs of both forms, text encoders, and the recorded tensors of the official modules."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

FIXTURE = Path(__file__).parents[1] / "fixtures" / "official_modules.safetensors"
SIZES = {
    "width": 24,
    "heads": 3,
    "mlp": 40,
    "grid": 6,
    "patch": 8,
    "sides": [6, 4, 6, 6],  # of the square in which each block attends: the grid's, or a window's
    "channels": 32,
    "decoder_mlp": 48,
    "iou": 28,
}


def _linear(name, rows, columns):
    return {f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)}


def _norm(name, width):
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _tower_shapes(width, heads, mlp, grid, patch, sides, channels, **_):
    shapes = {
        "pos_embed": (1, grid, grid, width),
        "patch_embed.proj.weight": (width, 3, patch, patch),
        "patch_embed.proj.bias": (width,),
        "neck.0.weight": (channels, width, 1, 1),
        **_norm("neck.1", channels),
        "neck.2.weight": (channels, channels, 3, 3),
        **_norm("neck.3", channels),
    }
    for index, side in enumerate(sides):
        block = f"blocks.{index}"
        shapes |= _norm(f"{block}.norm1", width) | _norm(f"{block}.norm2", width)
        shapes |= {f"{block}.attn.rel_pos_{axis}": (2 * side - 1, width // heads) for axis in "hw"}
        shapes |= _linear(f"{block}.attn.qkv", 3 * width, width) | _linear(f"{block}.attn.proj", width, width)
        shapes |= _linear(f"{block}.mlp.lin1", mlp, width) | _linear(f"{block}.mlp.lin2", width, mlp)
    return shapes


def _decoder_shapes(channels, decoder_mlp, iou, **_):
    shapes = {"iou_token.weight": (1, channels), "mask_tokens.weight": (4, channels)}

    def attention(name, inner):
        found = {}
        for projection in ("q_proj", "k_proj", "v_proj"):
            found |= _linear(f"{name}.{projection}", inner, channels)
        return found | _linear(f"{name}.out_proj", channels, inner)

    for index in range(2):
        layer = f"transformer.layers.{index}"
        shapes |= attention(f"{layer}.self_attn", channels)
        shapes |= attention(f"{layer}.cross_attn_token_to_image", channels // 2)
        shapes |= attention(f"{layer}.cross_attn_image_to_token", channels // 2)
        shapes |= _linear(f"{layer}.mlp.lin1", decoder_mlp, channels)
        shapes |= _linear(f"{layer}.mlp.lin2", channels, decoder_mlp)
        for norm in range(1, 5):
            shapes |= _norm(f"{layer}.norm{norm}", channels)
    shapes |= attention("transformer.final_attn_token_to_image", channels // 2)
    shapes |= _norm("transformer.norm_final_attn", channels)
    shapes |= {
        "output_upscaling.0.weight": (channels, channels // 4, 2, 2),
        "output_upscaling.0.bias": (channels // 4,),
    }
    shapes |= _norm("output_upscaling.1", channels // 4)
    shapes |= {
        "output_upscaling.3.weight": (channels // 4, channels // 8, 2, 2),
        "output_upscaling.3.bias": (channels // 8,),
    }
    heads = {"iou_prediction_head": (iou, 4)}
    heads |= {f"output_hypernetworks_mlps.{index}": (channels, channels // 8) for index in range(4)}
    for name, (hidden, out) in heads.items():
        shapes |= _linear(f"{name}.layers.0", hidden, channels) | _linear(f"{name}.layers.1", hidden, hidden)
        shapes |= _linear(f"{name}.layers.2", out, hidden)
    return shapes


def _prompt_shapes(channels, **_):
    shapes = {
        "pe_layer.positional_encoding_gaussian_matrix": (2, channels // 2),
        "no_mask_embed.weight": (1, channels),
        "not_a_point_embed.weight": (1, channels),
        "mask_downscaling.0.weight": (4, 1, 2, 2),
    }
    return shapes | {f"point_embeddings.{index}.weight": (1, channels) for index in range(4)}


@pytest.fixture(scope="session")
def official_sam():
    """Makes a state dict as segment-anything's `Sam` has it, of random numbers; takes [`SIZES`] and a device."""

    def make(device="cpu", **sizes):
        sizes = SIZES | sizes
        parts = {"image_encoder": _tower_shapes, "prompt_encoder": _prompt_shapes, "mask_decoder": _decoder_shapes}
        generator = None if device == "meta" else torch.Generator().manual_seed(0)
        state = {}
        for part, shapes in parts.items():
            for name, shape in shapes(**sizes).items():
                state[f"{part}.{name}"] = torch.randn(shape, generator=generator, device=device) * 0.2
        return state

    return make


@pytest.fixture(scope="session")
def recorded():
    """The tensors recorded from the official modules."""
    return load_file(FIXTURE)


@pytest.fixture(scope="session")
def recorded_sam(official_sam, recorded):
    """The state dict of a SAM with the recorded vision encoder, without its adapters."""
    tower = {name: value for name, value in recorded.items() if name.startswith("vision_encoder.state_dict.")}
    state = official_sam(width=32, heads=4, mlp=128, grid=12, sides=[5, 12, 5, 12, 12, 12])
    for name, value in tower.items():
        if "_Adapter." not in name:
            name = name.replace("vision_encoder.state_dict.", "image_encoder.")
            assert state[name].shape == value.shape
            state[name] = value
    return state


@pytest.fixture(scope="session")
def recorded_pieces(official_sam, recorded):
    """The pieces of a model of the authors' code, with their recorded weights, on the SAM `recorded_sam`."""

    def of(prefix):
        found = {name: value for name, value in recorded.items() if name.startswith(prefix)}
        return {name.removeprefix(prefix): value.clone() for name, value in found.items()}

    decoder = {name: value + 0.1 for name, value in official_sam(channels=32).items() if "mask_decoder." in name}
    return {
        "resizer": of("prompt.cross_modal_mlp."),
        "dense_conv": of("prompt.dense_attention_conv."),
        "mask_decoder": {name.removeprefix("mask_decoder."): value for name, value in decoder.items()},
        "track_net": of("prompt.implicit_tracking."),
        "image_encoder_blocks": of("vision_encoder.state_dict.blocks."),
    }


@pytest.fixture
def save(tmp_path):
    """Writes state dicts as the official code does; gives their paths."""

    def write(states):
        paths = {}
        for name, state in states.items():
            paths[name] = tmp_path / f"{name}_t5-small_last.pth"
            torch.save(state, paths[name])
        return paths

    return write
