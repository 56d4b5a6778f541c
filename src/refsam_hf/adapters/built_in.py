"""The adapters that a `RefSamModel` is built with, as PEFT would see them: under the name `default`."""

from typing import Any

from torch import nn

from .config import RefSamAdapterConfig
from .resolution import record_base, resolve

DEFAULT = "default"
"""The name of the adapters that the model builds from its config."""


def has_built_in(model: nn.Module) -> bool:
    """Whether `model` is a `RefSamModel` whose config gives it adapters."""
    config: Any = getattr(model, "config", None)
    if getattr(config, "model_type", None) != "refsam":
        return False
    return bool(config.adapter_layers) and (config.space_adapter or config.mlp_adapter)


def built_in_config(model: nn.Module) -> RefSamAdapterConfig:
    """The PEFT config of the adapters under the name `default` in a model that has them."""
    config: Any = model.config
    built_in = resolve(
        RefSamAdapterConfig(
            width_ratio=config.adapter_width_ratio,
            space_adapter=config.space_adapter,
            mlp_adapter=config.mlp_adapter,
            parallel_scale=config.mlp_adapter_scale,
            layers_to_transform=list(config.adapter_layers),
            base_model_name_or_path=model.__dict__.get("name_or_path"),
            inference_mode=True,
        ),
        model,
    )
    record_base(built_in, model, DEFAULT)
    return built_in
