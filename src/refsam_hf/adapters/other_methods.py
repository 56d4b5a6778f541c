"""What happens to a `RefSamModel` when PEFT has put adapters of any method into it."""

import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NoReturn

import torch
from peft import PeftConfig
from peft.tuners.tuners_utils import BaseTunerLayer, check_target_module_exists
from peft.utils.other import AuxiliaryTrainingWrapper
from torch import Tensor, nn

from .built_in import DEFAULT, has_built_in
from .config import METHOD, RefSamAdapterConfig
from .layer import AdapterLayer
from .removal import remove_adapter
from .resolution import plain_name
from .targets import wrapped_by

REWRITING = ("pissa", "olora", "corda", "loftq", "lora_ga")
"""Beginnings of the names of LoRA's initialisations that take what the adapter starts with out of a layer's weight."""


def check_leaves_weights_alone(config: PeftConfig) -> None:
    """Whether an adapter of this config leaves the weights as they are that the model has of its own.

    Raises:
        ValueError: it is a LoRA that rewrites them, so that the model without it would be another one.
    """
    start = getattr(config, "init_lora_weights", None)
    rewrites = isinstance(start, str) and start.lower().startswith(REWRITING)
    if rewrites or getattr(config, "kasa_config", None):
        got = f"init_lora_weights={start!r}" if rewrites else "a kasa_config"
        raise ValueError(
            "expected an adapter that leaves the model's own weights alone, so that without it the model is what it "
            f"was, got {got}, which rewrites them; path_initial_model_for_weight_conversion of PEFT's save_pretrained "
            "makes one of a trained PiSSA, OLoRA or CorDA"
        )


def settle(model: nn.Module, configs: Mapping[str, PeftConfig]) -> None:
    """Freezes all but the new adapters; PEFT does not, where it finds adapters that were there before.

    Another method's layers around a RefSAM adapter are looked at: those that would leave it out are refused, and those
    that could be merged past it (`W + BA` is not what stands behind the adapter) are kept from that.

    Raises:
        ValueError: a method that rewrites a layer's weight, and would leave out the RefSAM adapter behind it.
    """
    for name, layer in list(model.named_modules()):
        if not isinstance(layer, BaseTunerLayer) or isinstance(layer, AdapterLayer):
            continue
        inner = _adapter_layer_within(layer)
        if inner is not None:
            if not _calls(layer, inner):
                for adapter_name in layer._get_available_adapters():
                    remove_adapter(model, adapter_name, spared=(AdapterLayer,))
                raise ValueError(
                    f"{name}: {type(layer).__name__} rewrites the weight of this layer and would leave out the RefSAM "
                    "adapter behind it; name other target_modules, or build the model with space_adapter=False"
                )
            _keep_from_merging(layer)
    freeze_own_weights(model)
    if has_built_in(model):
        _name_what_is_out_of_reach(model, configs)


def without_built_in(model: nn.Module, weights: dict[str, Tensor], source: str) -> dict[str, Tensor]:
    """The weights of another method's adapter, without those of the RefSAM adapters that it was trained on top of.

    PEFT saves both.

    Raises:
        ValueError: they are not those of this model.
    """
    mine = {plain_name(key): value for key, value in model.state_dict().items() if f".{DEFAULT}." in key}
    kept = {}
    for key, value in weights.items():
        module, separator, rest = plain_name(key).partition(f".{METHOD}_")
        if not separator:
            kept[key] = value
            continue
        container, kind = rest.split(".")[0], rest.split(".")[-1]  # with the name between them, or without
        own = mine.get(f"{module}.{METHOD}_{container}.{DEFAULT}.{kind}")
        if own is None or not torch.allclose(own, value.to(own), atol=1e-3, rtol=1e-2):  # either may be bfloat16
            raise ValueError(f"{source}: the adapter is for a model with other RefSAM adapters of its own, see {key}")
    return kept


def freeze_own_weights(model: nn.Module) -> None:
    """Freezes what a model had before any adapter was added, the adapters that it is built with too."""
    added = {id(parameter) for parameter in _added_parameters(model)}
    for parameter in model.parameters():
        if id(parameter) not in added:
            parameter.requires_grad_(False)
    for module in model.modules():
        if isinstance(module, AdapterLayer) and module.active_adapters == [DEFAULT] and has_built_in(model):
            module.set_adapter(DEFAULT, inference_mode=True)  # or PEFT thaws it when adapters are enabled again


def _added_parameters(model: nn.Module) -> Iterator[nn.Parameter]:
    built_in = has_built_in(model)
    for module in model.modules():
        if isinstance(module, AdapterLayer):
            for container in (module.refsam_adapter_down, module.refsam_adapter_up):
                for name, part in container.items():
                    if not (name == DEFAULT and built_in):
                        yield from part.parameters()
        elif isinstance(module, BaseTunerLayer | AuxiliaryTrainingWrapper):
            yield from module.parameters(recurse=False)
            for name, child in module.named_children():
                if name not in ("base_layer", "original_module"):
                    yield from child.parameters()


def _adapter_layer_within(layer: Any) -> AdapterLayer | None:
    inner = getattr(layer, "base_layer", None)
    while isinstance(inner, BaseTunerLayer) and not isinstance(inner, AdapterLayer):
        inner = wrapped_by(inner)
    return inner if isinstance(inner, AdapterLayer) else None


@torch.no_grad()
def _calls(layer: Any, inner: AdapterLayer) -> bool:
    """Whether `inner` is called when `layer` is, tried with one row of zeros."""
    device, dtype = inner._base_device_and_dtype()
    base: Any = inner.get_base_layer()
    if device.type == "meta" or not isinstance(base, nn.Linear):
        return True
    calls: list[nn.Module] = []
    handle = inner.register_forward_hook(lambda module, args, output: calls.append(module))
    try:
        layer(torch.zeros(1, base.in_features, device=device, dtype=dtype))
    finally:
        handle.remove()
    return bool(calls)


def _keep_from_merging(layer: Any) -> None:
    layer.merge = _refuse_to_merge
    layer.unload_and_optionally_merge_module = partial(_unload_around_adapter, layer)


def _refuse_to_merge(safe_merge: bool = False, adapter_names: list[str] | None = None) -> NoReturn:
    raise NotImplementedError(
        "a RefSAM adapter stands between this adapter and the layer's weight, so that it cannot be merged into it; "
        "unload() gives the base back without it"
    )


def _unload_around_adapter(layer: Any, merge: bool, safe_merge: bool, adapter_names: list[str] | None) -> nn.Module:
    if merge:
        _refuse_to_merge(safe_merge, adapter_names)
    base: nn.Module = layer.base_layer
    return base


def _name_what_is_out_of_reach(model: nn.Module, configs: Mapping[str, PeftConfig]) -> None:
    """PEFT passes over what lies in a block that an adapter is wrapped around, without a word."""
    within = [
        f"{plain_name(name)}.{inner}"
        for name, layer in model.named_modules()
        if isinstance(layer, AdapterLayer)
        for inner, module in layer.get_base_layer().named_modules()
        if inner and not isinstance(module, BaseTunerLayer)
    ]
    for adapter_name, config in configs.items():
        if isinstance(config, RefSamAdapterConfig) or not getattr(config, "target_modules", None):
            continue
        missed = [name for name in within if check_target_module_exists(config, name)]
        if missed:
            warnings.warn(
                f"adapter {adapter_name!r} does not reach {', '.join(missed)}: these lie in blocks that a RefSAM "
                "adapter is wrapped around; build the model with mlp_adapter=False to adapt them",
                stacklevel=2,
            )
