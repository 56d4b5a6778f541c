"""What an adapter was made for: the depth, the widths and the weights of its base, written down and compared."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from .targets import features, plain_modules

TOLERANCE = 0.05
"""How far signatures of the same weights may lie apart, in other precisions; other weights' are about 1 apart."""


def describe_base(model: nn.Module, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The adapted modules `names` of a model: widths, how many blocks the lists around them hold, signature."""
    description: dict[str, dict[str, Any]] = {}
    for name in names:
        module = model.get_submodule(name)
        in_features, out_features = features(name, module)
        description[name] = {
            "in_features": in_features,
            "out_features": out_features,
            "depths": _depths(model, name),
            "signature": signature(module),
        }
    return description


def check_base(model: nn.Module, description: dict[str, dict[str, Any]]) -> None:
    """Compares a model with the one that an adapter was made for.

    Raises:
        ValueError: another depth, another width, other weights, or a module that is not there.
    """
    kind = type(model).__name__
    for name, expected in description.items():
        for blocks, depth in expected["depths"].items():
            found = _depth(model, blocks)
            if found is not None and found != depth:
                raise ValueError(f"the adapter is for a depth of {depth} in {blocks or kind}, {kind} has {found}")
        try:
            (got,) = describe_base(model, [name]).values()
        except AttributeError as error:
            raise ValueError(f"the adapter is for a module {name}, {kind} has none") from error
        for side in ("in_features", "out_features"):
            if got[side] != expected[side]:
                raise ValueError(f"the adapter is for {name} with {side}={expected[side]}, {kind} has {got[side]}")
        signatures = expected["signature"], got["signature"]
        if None not in signatures and abs(signatures[0] - signatures[1]) > TOLERANCE:
            raise ValueError(
                f"the adapter is for another base: {name} has other weights in this {kind} "
                f"(signature {signatures[0]} expected, got {signatures[1]})"
            )


def signature(module: nn.Module, most: int = 4096) -> float | None:
    """A number that tells weights apart and hardly changes when they are rounded to half precision.

    The sum of the first `most` of each parameter under fixed signs, over their length: of unrelated weights about
    normally distributed, with variance 1. `None` where it cannot be known: quantised, sharded or not there yet.
    """
    total = length = 0.0
    for index, parameter in enumerate(p for part in plain_modules(module) for p in part.parameters(recurse=False)):
        if type(parameter) is not nn.Parameter or not parameter.is_floating_point():
            return None
        if parameter.is_meta or not parameter.numel():
            return None
        values = parameter.detach().flatten()[:most].cpu().double()  # MPS has no float64
        # one bit of a multiple of an odd number: as good as random, and the same in every version of torch
        places = torch.arange(1, len(values) + 1, device="cpu")
        signs = (places * (2 * index + 1) * 2654435761 >> 16 & 1) * 2 - 1
        total += float((values * signs).sum())
        length += float((values * values).sum())
    return round(total / length**0.5, 3) if length else 0.0


def _depths(model: nn.Module, name: str) -> dict[str, int]:
    parts = name.split(".")
    parents = (".".join(parts[:index]) for index in range(len(parts)))
    depths = {parent: _depth(model, parent) for parent in parents}
    return {parent: depth for parent, depth in depths.items() if depth is not None}


def _depth(model: nn.Module, name: str) -> int | None:
    """How many blocks the list `name` holds; `None` if it is none."""
    try:
        module = model.get_submodule(name)
    except AttributeError:
        return None
    return len(module) if isinstance(module, nn.ModuleList | nn.Sequential) else None
