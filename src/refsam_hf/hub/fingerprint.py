"""A number by which weights are recognised, in float32 as in bfloat16."""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor


def fingerprint(weights: Mapping[str, Tensor]) -> str:
    """The sha256 of names, shapes and values, the values rounded to bfloat16: a cast to it changes nothing.

    Raises:
        ValueError: weights in float16, which rounds in another way, or weights without values (the meta device).
    """
    digest = hashlib.sha256()
    for name in sorted(weights):
        value = weights[name].detach()
        if value.dtype == torch.float16 or value.is_meta:
            kind = "no values" if value.is_meta else value.dtype
            raise ValueError(f"{name}: expected float32 or bfloat16, in which weights are recognised, got {kind}")
        digest.update(f"{name} {tuple(value.shape)}\n".encode())
        rounded = value.to("cpu", torch.bfloat16).contiguous()
        digest.update(rounded.view(torch.int16).numpy().data)
    return digest.hexdigest()


BACKBONES = {
    "vision": ("vision_tower.", "shared_image_embedding.", "no_mask_embed."),
    "text": ("text_encoder.",),
}
"""What RefSAM takes over from a SAM and from a text checkpoint, and does not train."""


def backbone_weights(weights: Mapping[str, Tensor], kind: str) -> dict[str, Tensor]:
    """Of the weights of a RefSAM those of its `"vision"` or `"text"` backbone, as if no adapter wrapped a layer."""
    return {
        name.replace(".base_layer.", "."): value
        for name, value in weights.items()
        if name.startswith(BACKBONES[kind]) and ".refsam_adapter_" not in name
    }


def backbone_fingerprints(weights: Mapping[str, Tensor]) -> dict[str, str]:
    """The fingerprints of both backbones of a RefSAM with these weights."""
    return {kind: fingerprint(backbone_weights(weights, kind)) for kind in BACKBONES}
