"""Puts the adapters that a config describes into a SAM vision tower."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from .layer import ParallelAdapter, SerialAdapter


def inject_adapters(
    layers: nn.ModuleList,
    *,
    indices: Sequence[int],
    hidden_size: int,
    width_ratio: float,
    space_adapter: bool,
    mlp_adapter: bool,
    mlp_adapter_scale: float,
    adapter_name: str = "default",
) -> None:
    """Wraps `attn.proj` and `mlp` of the SAM blocks `indices` of `layers`, in place.

    `attn.proj` is the last thing that the attention does: wrapping it is the spec's serial adapter on the attention's
    output, and spares the tuple that the attention itself returns.
    """
    width = int(hidden_size * width_ratio)
    for index in indices:
        block: Any = layers[index]
        if space_adapter:
            block.attn.proj = SerialAdapter(block.attn.proj, hidden_size)
            block.attn.proj.update_layer(adapter_name, width, scale=1.0)
        if mlp_adapter:
            block.mlp = ParallelAdapter(block.mlp, hidden_size)
            block.mlp.update_layer(adapter_name, width, scale=mlp_adapter_scale)
