"""From the names of the official modules (segment-anything, the RefSAM authors' code) to ours."""

import re
from collections.abc import Mapping

from torch import Tensor

# (pattern of a whole official name, our name); the first that matches is the one that counts
VISION_ENCODER_RULES = (
    (r"patch_embed\.proj\.(.+)", r"patch_embed.projection.\1"),
    (r"blocks\.(\d+)\.Space_Adapter\.D_fc1\.(.+)", r"layers.\1.attn.proj.refsam_adapter_down.default.\2"),
    (r"blocks\.(\d+)\.Space_Adapter\.D_fc2\.(.+)", r"layers.\1.attn.proj.refsam_adapter_up.default.\2"),
    (r"blocks\.(\d+)\.MLP_Adapter\.D_fc1\.(.+)", r"layers.\1.mlp.refsam_adapter_down.default.\2"),
    (r"blocks\.(\d+)\.MLP_Adapter\.D_fc2\.(.+)", r"layers.\1.mlp.refsam_adapter_up.default.\2"),
    (r"blocks\.(\d+)\.norm([12])\.(.+)", r"layers.\1.layer_norm\2.\3"),
    (r"blocks\.(.+)", r"layers.\1"),
    (r"neck\.0\.(.+)", r"neck.conv1.\1"),
    (r"neck\.1\.(.+)", r"neck.layer_norm1.\1"),
    (r"neck\.2\.(.+)", r"neck.conv2.\1"),
    (r"neck\.3\.(.+)", r"neck.layer_norm2.\1"),
    (r"(pos_embed)", r"\1"),
)
CROSS_MODAL_MLP_RULES = ((r"(\d+\..+)", r"layers.\1"),)
DENSE_ATTENTION_RULES = ((r"(weight|bias)", r"dense_attention_conv.\1"),)
IMPLICIT_TRACKING_RULES = (
    (r"linear1\.(.+)", r"feed_forward.0.\1"),
    (r"linear2\.(.+)", r"feed_forward.2.\1"),
    (r"linear_feat1\.(.+)", r"track_feed_forward.0.\1"),
    (r"linear_feat2\.(.+)", r"track_feed_forward.2.\1"),
    (r"norm_feat\.(.+)", r"track_norm.\1"),
    (r"((?:self_attn|norm1|norm2)\..+)", r"\1"),
)


def convert_names(weights: Mapping[str, Tensor], rules: tuple[tuple[str, str], ...]) -> dict[str, Tensor]:
    """Renames the weights of one official module.

    Args:
        weights: official names, without the module's own prefix.
        rules: one of the tables above.

    Raises:
        ValueError: weights that no rule knows; they are named.
    """
    converted, unknown = {}, []
    for name, weight in weights.items():
        for pattern, replacement in rules:
            match = re.fullmatch(pattern, name)
            if match:
                converted[match.expand(replacement)] = weight
                break
        else:
            unknown.append(name)
    if unknown:
        raise ValueError(f"expected names of the official module, got {sorted(unknown)}")
    return converted


def convert_vision_encoder(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Official vision encoder, with or without adapters -> the state dict of our `RefSamVisionTower`.

    A layer that an adapter wraps is the adapter layer's `base_layer`.
    """
    converted = convert_names(weights, VISION_ENCODER_RULES)
    wrapped = {name.partition(".refsam_adapter_")[0] for name in converted if ".refsam_adapter_" in name}
    result = {}
    for name, weight in converted.items():
        for module in wrapped:
            rest = name.removeprefix(f"{module}.")
            if rest != name and not rest.startswith("refsam_adapter_"):
                name = f"{module}.base_layer.{rest}"
                break
        result[name] = weight
    return result
