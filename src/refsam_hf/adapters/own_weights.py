"""The weights that a model has of its own, under the names that they have without the adapters that were added."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.other import AuxiliaryTrainingWrapper
from torch import Tensor, nn

from .built_in import DEFAULT, has_built_in
from .config import METHOD
from .layer import AdapterLayer
from .targets import wrapped_by


def own_weights(model: nn.Module, state_dict: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
    """What `model.state_dict()` was before an adapter was added; the weights of `default` are the model's own.

    Args:
        state_dict: the weights as they are now, if they were gathered in another way than by `state_dict()`.
    """
    weights = model.state_dict() if state_dict is None else state_dict
    return {own: weights[now] for now, own in _names(model, "", "", has_built_in(model)) if now in weights}


def as_own(name: str) -> str:
    """The name that a weight of an adapter has in a model whose own adapter it is.

    `...mlp.refsam_adapter_up.weight` is `...mlp.refsam_adapter_up.default.weight` there; others keep their names.
    """
    module, separator, rest = name.partition(f".{METHOD}_")
    container, _, kind = rest.partition(".")
    return f"{module}{separator}{container}.{DEFAULT}.{kind}" if separator else name


def in_place(weights: Mapping[str, Tensor], names: Iterable[str]) -> dict[str, Tensor]:
    """Weights under names that know of no adapter around a layer, under those of a model (`names`)."""
    wrapped = {name.replace(".base_layer.", "."): name for name in names}
    return {wrapped.get(name, name): value for name, value in weights.items()}


def _names(module: Any, now: str, own: str, built_in: bool) -> Iterator[tuple[str, str]]:
    """The name of every weight under `module`, as it is now and as it was."""
    if isinstance(module, AuxiliaryTrainingWrapper):
        yield from _names(module.original_module, f"{now}original_module.", own, built_in)
        return
    if isinstance(module, AdapterLayer) and built_in and DEFAULT in module.refsam_adapter_down:
        yield from _names(module.base_layer, f"{now}base_layer.", f"{own}base_layer.", built_in)
        for name in module.adapter_layer_names:
            part = f"{name}.{DEFAULT}."
            yield from _names(getattr(module, name)[DEFAULT], now + part, own + part, built_in)
        return
    if isinstance(module, BaseTunerLayer):
        yield from _names(wrapped_by(module), f"{now}base_layer.", own, built_in)
        return
    for name in [*module._parameters, *module._buffers]:
        yield now + name, own + name
    for name, child in module.named_children():
        yield from _names(child, f"{now}{name}.", f"{own}{name}.", built_in)
