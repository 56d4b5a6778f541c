"""The original SAM checkpoints (`sam_vit_b_01ec64.pth`, ...): their sizes are read off the tensors, nothing else says.

Letters: D width of the tower, g side of its grid, p side of a patch, C prompt channels.
"""

from collections.abc import Mapping
from os import PathLike

import torch
from torch import Tensor
from transformers import SamMaskDecoderConfig, SamVisionConfig
from transformers.models.sam.modeling_sam import SamMaskDecoder, SamVisionEncoder

from .conversion import MASK_DECODER_RULES, PROMPT_ENCODER_RULES, VISION_ENCODER_RULES, official_name, our_name
from .pickles import read_state_dict
from .sam_backbone import SamBackbone
from .weight_check import weight_problems

# prefix of the official names, our prefix, and the rules for the rest
PARTS = (
    ("image_encoder.", "vision_tower.", VISION_ENCODER_RULES),
    ("mask_decoder.", "mask_decoder.", MASK_DECODER_RULES),
    ("prompt_encoder.", "", PROMPT_ENCODER_RULES),
)
# the prompts that RefSAM has not: points, boxes, masks
NOT_TAKEN = (
    "prompt_encoder.point_embeddings.",
    "prompt_encoder.not_a_point_embed.",
    "prompt_encoder.mask_downscaling.",
)

# one of the decoder's numbers is in no tensor; every SAM has it so
DECODER_HEADS = 8
# torch's default, which the official decoder's layer norms have; transformers' converted checkpoints say 1e-6
DECODER_NORM_EPS = 1e-5

# the tensors that the sizes are read off, by our names, and how many dimensions they have
SIZED = {
    "vision_tower.pos_embed": 4,  # (1, g, g, D)
    "vision_tower.patch_embed.projection.weight": 4,  # (D, 3, p, p)
    "vision_tower.layers.0.attn.rel_pos_h": 2,  # (2 * side - 1, D / heads), side of the grid or of a window
    "vision_tower.layers.0.mlp.lin1.weight": 2,
    "mask_decoder.iou_token.weight": 2,  # (1, C)
    "mask_decoder.mask_tokens.weight": 2,
    "mask_decoder.transformer.layers.0.mlp.lin1.weight": 2,
    "mask_decoder.transformer.layers.0.cross_attn_token_to_image.q_proj.weight": 2,
    "mask_decoder.iou_prediction_head.proj_in.weight": 2,
}


def read_official_sam(path: str | PathLike[str]) -> SamBackbone:
    """A SAM of segment-anything: ViT-B, -L, -H, or any other size.

    Raises:
        ValueError: the file is damaged or no SAM; missing, unknown and mis-shaped weights are named, all at once.
        OSError: it is not there.
    """
    return from_official_state(read_state_dict(path), str(path))


def from_official_state(state: Mapping[str, Tensor], source: str) -> SamBackbone:
    """The state dict of segment-anything's `Sam`; `source` is what errors call it."""
    weights: dict[str, Tensor] = {}
    unknown = []
    for official, value in state.items():
        if official.startswith(NOT_TAKEN):
            continue
        name = _our_name(official)
        if name is None or ".refsam_adapter_" in name:
            unknown.append(official)
        else:
            weights[name] = value
    unsized = [
        f"{_official_name(name)} {tuple(weights[name].shape)} for one of {ndim} dimensions"
        for name, ndim in SIZED.items()
        if name in weights and (weights[name].ndim != ndim or not weights[name].numel())
    ]
    lacking = SIZED.keys() - weights.keys()
    if unsized or lacking:  # nobody knows which others there should be
        problems = weight_problems({}, dict.fromkeys(lacking, torch.Size()), unknown=unknown, named=_official_name)
        raise _error(source, problems + ([f"of another shape: {', '.join(unsized)}"] if unsized else []))
    vision_config, mask_decoder_config = _vision_config(weights), _mask_decoder_config(weights)
    channels = mask_decoder_config.hidden_size
    narrow = channels // mask_decoder_config.attention_downsample_rate
    if channels % DECODER_HEADS or narrow % DECODER_HEADS:
        raise ValueError(
            f"{source}: expected a mask decoder whose attention has {DECODER_HEADS} heads, as every SAM's has, "
            f"got one of widths {channels} and {narrow}"
        )
    problems = weight_problems(
        weights, _shapes(vision_config, mask_decoder_config), unknown=unknown, named=_official_name
    )
    if problems:
        raise _error(source, problems)
    return SamBackbone(source, vision_config, mask_decoder_config, weights)


def _error(path: str | PathLike[str], problems: list[str]) -> ValueError:
    return ValueError(
        f"{path}: expected exactly the weights of an original SAM, got these {'; these '.join(problems)}"
    )


def _our_name(official: str) -> str | None:
    for prefix, ours, rules in PARTS:
        if official.startswith(prefix):
            name = our_name(official.removeprefix(prefix), rules)
            return None if name is None else ours + name
    return None


def _official_name(name: str) -> str:
    for prefix, ours, rules in PARTS:
        official = official_name(name.removeprefix(ours), rules) if name.startswith(ours) else None
        if official is not None:
            return prefix + official
    return name


def _vision_config(weights: Mapping[str, Tensor]) -> SamVisionConfig:
    grid, width = weights["vision_tower.pos_embed"].shape[-2:]
    patch = weights["vision_tower.patch_embed.projection.weight"].shape[-1]
    depth = _count(weights, "vision_tower.layers.")
    sides = [_side(weights, index) for index in range(depth)]
    channels = weights["mask_decoder.iou_token.weight"].shape[1]
    head_width = weights["vision_tower.layers.0.attn.rel_pos_h"].shape[1]
    return SamVisionConfig(
        image_size=grid * patch,
        patch_size=patch,
        hidden_size=width,
        num_hidden_layers=depth,
        num_attention_heads=max(1, width // head_width),
        mlp_dim=weights["vision_tower.layers.0.mlp.lin1.weight"].shape[0],
        qkv_bias="vision_tower.layers.0.attn.qkv.bias" in weights,
        window_size=next((side for side in sides if side not in (0, grid)), grid),
        global_attn_indexes=[index for index, side in enumerate(sides) if side == grid],
        output_channels=channels,
        num_pos_feats=channels // 2,
    )


def _side(weights: Mapping[str, Tensor], index: int) -> int:
    """Of the square in which a block attends, the grid or a window; 0 if neither of its two tables tells."""
    tables = (weights.get(f"vision_tower.layers.{index}.attn.rel_pos_{axis}") for axis in "hw")
    return next(((len(table) + 1) // 2 for table in tables if table is not None and table.ndim == 2), 0)


def _mask_decoder_config(weights: Mapping[str, Tensor]) -> SamMaskDecoderConfig:
    channels = weights["mask_decoder.iou_token.weight"].shape[1]
    layer = "mask_decoder.transformer.layers.0"
    return SamMaskDecoderConfig(
        hidden_size=channels,
        mlp_dim=weights[f"{layer}.mlp.lin1.weight"].shape[0],
        num_hidden_layers=_count(weights, "mask_decoder.transformer.layers."),
        num_attention_heads=DECODER_HEADS,
        attention_downsample_rate=max(
            1, channels // weights[f"{layer}.cross_attn_token_to_image.q_proj.weight"].shape[0]
        ),
        num_multimask_outputs=weights["mask_decoder.mask_tokens.weight"].shape[0] - 1,
        iou_head_hidden_dim=weights["mask_decoder.iou_prediction_head.proj_in.weight"].shape[0],
        layer_norm_eps=DECODER_NORM_EPS,
    )


def _count(weights: Mapping[str, Tensor], prefix: str) -> int:
    """How many blocks there are: as many as have a weight, whatever their numbers."""
    return len({name.removeprefix(prefix).partition(".")[0] for name in weights if name.startswith(prefix)})


def _shapes(vision: SamVisionConfig, decoder: SamMaskDecoderConfig) -> dict[str, torch.Size]:
    """The weights that RefSAM takes of a SAM of these sizes, by our names."""
    channels = decoder.hidden_size
    with torch.device("meta"):
        parts = {"vision_tower": SamVisionEncoder(vision), "mask_decoder": SamMaskDecoder(decoder)}
    shapes = {
        f"{part}.{name}": value.shape for part, module in parts.items() for name, value in module.state_dict().items()
    }
    shapes["shared_image_embedding.positional_embedding"] = torch.Size((2, channels // 2))
    shapes["no_mask_embed.weight"] = torch.Size((1, channels))
    return shapes
