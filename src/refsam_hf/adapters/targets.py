"""Which modules of a model are adapted, and how wide they are."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from peft.tuners.tuners_utils import BaseTunerLayer
from torch import nn
from transformers.models.sam.modeling_sam import SamVisionEncoder
from transformers.pytorch_utils import Conv1D


def tower_targets(model: nn.Module, blocks: Sequence[int] | None, space: bool, mlp: bool) -> tuple[str, str | None]:
    """The paper's places in the SAM vision tower of `model`, as regular expressions over module names.

    Args:
        blocks: the adapted ones; `None` means the second half.
        space, mlp: whether the attentions' output projections and the MLPs are adapted.

    Returns:
        what names all places, and what names those of the parallel adapters (`None` without `mlp`).

    Raises:
        ValueError: no SAM vision tower in the model, blocks that it lacks, or nothing to adapt.
    """
    towers = [(name, module) for name, module in model.named_modules() if isinstance(module, SamVisionEncoder)]
    if not towers:
        raise ValueError(
            f"{type(model).__name__} has no SAM vision tower: name the modules to adapt, target_modules=[...]"
        )
    name, tower = towers[0]
    depth = len(tower.layers)
    indices = list(range((depth + 1) // 2, depth)) if blocks is None else sorted(blocks)
    if not indices or not all(0 <= index < depth for index in indices):
        raise ValueError(f"layers_to_transform must be blocks in 0..{depth - 1} of {name or 'it'}, got {blocks}")
    # the dots are escaped and the whole name is given: "mlp" alone would be a part of the mask decoder too
    block = "".join(f"{re.escape(part)}\\." for part in name.split(".") if part)
    block += f"layers\\.({'|'.join(map(str, indices))})\\."
    places = [r"attn\.proj"] * space + ["mlp"] * mlp
    if not places:
        raise ValueError("space_adapter and mlp_adapter are both False: expected something to adapt")
    return f"{block}({'|'.join(places)})", f"{block}mlp" if mlp else None


def wrapped_by(layer: Any) -> Any:
    """What a layer of any PEFT method is wrapped around."""
    return layer.base_layer


def base_of(module: nn.Module) -> nn.Module:
    """The layer itself, under all the adapters of any method that are wrapped around it."""
    return module.get_base_layer() if isinstance(module, BaseTunerLayer) else module


def plain_modules(module: nn.Module) -> Iterator[nn.Module]:
    """The layer itself and all that is in it, without the adapters of any method."""
    base = base_of(module)
    yield base
    for child in base.children():
        yield from plain_modules(child)


def features(name: str, module: nn.Module) -> tuple[int, int]:
    """Width of what goes into a linear layer, or a block that begins and ends with one, and of what comes out.

    Raises:
        ValueError: the module has neither.
    """
    linears = [_linear(part) for part in plain_modules(module)]
    widths = [width for width in linears if width is not None]
    if not widths:
        raise ValueError(
            f"{name} is a {type(base_of(module)).__name__}: "
            "expected an nn.Linear or a block that begins and ends with one"
        )
    return widths[0][0], widths[-1][1]


def _linear(module: Any) -> tuple[int, int] | None:
    if isinstance(module, Conv1D):
        return module.nx, module.nf
    width, out_width = getattr(module, "in_features", None), getattr(module, "out_features", None)
    return (width, out_width) if isinstance(width, int) and isinstance(out_width, int) else None


def keep_in_sight(name: str, target: nn.Module, parent: nn.Module) -> None:
    """Makes sure that `parent` calls `target`, and does not only read its weights past the adapter.

    Raises:
        ValueError: it never calls it.
    """
    if isinstance(parent, nn.MultiheadAttention):
        raise ValueError(f"{name}: nn.MultiheadAttention reads this layer's weight and never calls it; adapt another")
    if isinstance(parent, nn.TransformerEncoderLayer):
        parent.activation_relu_or_gelu = 0  # no fast path of inference, which reads the weights of both linear layers
