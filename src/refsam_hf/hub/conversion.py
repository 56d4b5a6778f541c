"""What the official modules (segment-anything, the RefSAM authors' code) and ours call the same weights."""

import re
from collections.abc import Mapping
from functools import cache

from torch import Tensor

Rules = tuple[tuple[str, str], ...]

# (official name, our name); "#" stands for a number, "*" for any rest; the first rule that fits is the one that counts
VISION_ENCODER_RULES: Rules = (
    ("patch_embed.proj.*", "patch_embed.projection.*"),
    ("blocks.#.Space_Adapter.D_fc1.*", "layers.#.attn.proj.refsam_adapter_down.default.*"),
    ("blocks.#.Space_Adapter.D_fc2.*", "layers.#.attn.proj.refsam_adapter_up.default.*"),
    ("blocks.#.MLP_Adapter.D_fc1.*", "layers.#.mlp.refsam_adapter_down.default.*"),
    ("blocks.#.MLP_Adapter.D_fc2.*", "layers.#.mlp.refsam_adapter_up.default.*"),
    ("blocks.#.norm1.*", "layers.#.layer_norm1.*"),
    ("blocks.#.norm2.*", "layers.#.layer_norm2.*"),
    ("blocks.#.*", "layers.#.*"),
    ("neck.0.*", "neck.conv1.*"),
    ("neck.1.*", "neck.layer_norm1.*"),
    ("neck.2.*", "neck.conv2.*"),
    ("neck.3.*", "neck.layer_norm2.*"),
    ("pos_embed", "pos_embed"),
)
MASK_DECODER_RULES: Rules = (
    ("iou_token.weight", "iou_token.weight"),
    ("mask_tokens.weight", "mask_tokens.weight"),
    ("output_upscaling.0.*", "upscale_conv1.*"),
    ("output_upscaling.1.*", "upscale_layer_norm.*"),
    ("output_upscaling.3.*", "upscale_conv2.*"),
    # an MLP of three layers: the official one counts them, ours has names for the first and the last
    ("output_hypernetworks_mlps.#.layers.0.*", "output_hypernetworks_mlps.#.proj_in.*"),
    ("output_hypernetworks_mlps.#.layers.1.*", "output_hypernetworks_mlps.#.layers.0.*"),
    ("output_hypernetworks_mlps.#.layers.2.*", "output_hypernetworks_mlps.#.proj_out.*"),
    ("iou_prediction_head.layers.0.*", "iou_prediction_head.proj_in.*"),
    ("iou_prediction_head.layers.1.*", "iou_prediction_head.layers.0.*"),
    ("iou_prediction_head.layers.2.*", "iou_prediction_head.proj_out.*"),
    ("transformer.layers.#.norm1.*", "transformer.layers.#.layer_norm1.*"),
    ("transformer.layers.#.norm2.*", "transformer.layers.#.layer_norm2.*"),
    ("transformer.layers.#.norm3.*", "transformer.layers.#.layer_norm3.*"),
    ("transformer.layers.#.norm4.*", "transformer.layers.#.layer_norm4.*"),
    ("transformer.norm_final_attn.*", "transformer.layer_norm_final_attn.*"),
    ("transformer.*", "transformer.*"),
)
PROMPT_ENCODER_RULES: Rules = (
    ("pe_layer.positional_encoding_gaussian_matrix", "shared_image_embedding.positional_embedding"),
    ("no_mask_embed.weight", "no_mask_embed.weight"),
)
CROSS_MODAL_MLP_RULES: Rules = (("#.*", "layers.#.*"),)
DENSE_ATTENTION_RULES: Rules = (
    ("weight", "dense_attention_conv.weight"),
    ("bias", "dense_attention_conv.bias"),
)
IMPLICIT_TRACKING_RULES: Rules = (
    ("linear1.*", "feed_forward.0.*"),
    ("linear2.*", "feed_forward.2.*"),
    ("linear_feat1.*", "track_feed_forward.0.*"),
    ("linear_feat2.*", "track_feed_forward.2.*"),
    ("norm_feat.*", "track_norm.*"),
    ("self_attn.*", "self_attn.*"),
    ("norm1.*", "norm1.*"),
    ("norm2.*", "norm2.*"),
)


def our_name(official: str, rules: Rules) -> str | None:
    """The name that we have for an official one; `None` for what is none."""
    name = _translated(official, rules)
    # a name of ours that slips through one of the general rules is no official one
    return name if name is not None and official_name(name, rules) == official else None


def official_name(name: str, rules: Rules) -> str | None:
    """The official name of one of ours; `None` for what has none."""
    return _translated(name, tuple((ours, official) for official, ours in rules))


def convert_names(weights: Mapping[str, Tensor], rules: Rules) -> dict[str, Tensor]:
    """Renames the weights of one official module.

    Args:
        weights: official names, without the module's own prefix.
        rules: one of the tables above.

    Raises:
        ValueError: weights that no rule knows; they are named.
    """
    converted, unknown = {}, []
    for official, weight in weights.items():
        name = our_name(official, rules)
        if name is None:
            unknown.append(official)
        else:
            converted[name] = weight
    if unknown:
        raise ValueError(f"expected names of the official module, got {sorted(unknown)}")
    return converted


def _translated(name: str, rules: Rules) -> str | None:
    for source, target in rules:
        match = _pattern(source).fullmatch(name)
        if match:
            first, *rest = re.split(r"[#*]", target)
            return first + "".join(part + fixed for part, fixed in zip(match.groups(), rest, strict=True))
    return None


@cache
def _pattern(rule: str) -> re.Pattern[str]:
    return re.compile(re.escape(rule).replace(r"\#", r"(\d+)").replace(r"\*", r"(.+)"))
