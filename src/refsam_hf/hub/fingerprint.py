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
