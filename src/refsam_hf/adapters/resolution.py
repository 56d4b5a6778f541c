"""From the options of a `RefSamAdapterConfig` to the modules of one model."""

import copy

from torch import nn

from .base import describe_base
from .config import RefSamAdapterConfig
from .layer import AdapterLayer, ParallelAdapter
from .targets import tower_targets


def resolve(config: RefSamAdapterConfig, model: nn.Module) -> RefSamAdapterConfig:
    """A copy of `config` whose `target_modules` name the modules of `model`; the copy belongs to the model.

    Raises:
        ValueError: the model has no SAM vision tower, or one without such blocks.
    """
    config = copy.deepcopy(config)
    if config.target_modules is None:
        blocks = config.layers_to_transform
        config.target_modules, config.parallel_modules = tower_targets(
            model, [blocks] if isinstance(blocks, int) else blocks, config.space_adapter, config.mlp_adapter
        )
    return config


def check_modules_to_save(config: RefSamAdapterConfig, model: nn.Module) -> None:
    """PEFT passes over names that it does not find.

    Raises:
        ValueError: `modules_to_save` names something that the model lacks.
    """
    for wanted in config.modules_to_save or ():
        if not any(name.endswith(wanted) for name, _ in model.named_modules()):
            raise ValueError(f"modules_to_save: {type(model).__name__} has no module {wanted!r}")


def adapted_modules(model: nn.Module, adapter_name: str) -> dict[str, AdapterLayer]:
    """The modules that hold an adapter of that name; under the names that they have without any adapter around."""
    return {
        plain_name(name): module
        for name, module in model.named_modules()
        if isinstance(module, AdapterLayer) and adapter_name in module.refsam_adapter_down
    }


def plain_name(name: str) -> str:
    """A module's name without what adapters add to it when they are wrapped around one another."""
    return ".".join(part for part in name.split(".") if part != "base_layer")


def record_base(config: RefSamAdapterConfig, model: nn.Module, adapter_name: str) -> None:
    """Writes into the config which modules of `model` the adapter of that name is for.

    Raises:
        ValueError: `parallel_modules` names something that is no target.
    """
    layers = adapted_modules(model, adapter_name)
    parallel = [f".{name}" for name, layer in layers.items() if isinstance(layer, ParallelAdapter)]
    wanted = config.parallel_modules if isinstance(config.parallel_modules, list) else ()
    for end in wanted:
        if not any(name.endswith(f".{end}") for name in parallel):
            raise ValueError(f"parallel_modules: {end!r} is none of the modules that target_modules names")
    if config.parallel_modules is not None and not parallel:
        raise ValueError(f"parallel_modules: {config.parallel_modules!r} matches no module that target_modules names")
    config.base_layers = describe_base(model, layers)
