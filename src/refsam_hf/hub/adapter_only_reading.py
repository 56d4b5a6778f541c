"""Reads adapter-only checkpoints (`adapter_only`), together with the checkpoints that they belong to."""

import copy
import os
from typing import Any

import torch
from transformers import PreTrainedConfig

from ..adapters.own_weights import own_weights
from ..configuration_refsam import RefSamConfig
from ..files.naming import naming
from .base_checks import (
    OF_A_REPOSITORY,
    adapter_of,
    check_fingerprint,
    check_sizes,
    for_the_base,
    hub_options_of,
)
from .base_names import base_source
from .bases import adapter_only_content, bases
from .fingerprint import fingerprint
from .over_backbones import read_over_backbones

_NAMES = ("vision_checkpoint", "text_checkpoint", "refsam_checkpoint")


def find_adapter_only(
    source: str | os.PathLike[str], options: dict[str, Any]
) -> tuple[RefSamConfig, dict[str, Any]] | None:
    """Of an adapter-only checkpoint its config, and the options of `from_pretrained` that are none of its config.

    `None` for all else, and for what cannot be read: then the usual loading says what is wrong.

    Raises:
        ValueError: a field of its config is of another type or out of range; it is named.
    """
    config = options.get("config")
    if isinstance(config, PreTrainedConfig):
        return (config, options) if isinstance(config, RefSamConfig) and config.adapter else None
    content = adapter_only_content(config if config is not None else source, hub_options_of(options))
    if content is None:
        return None
    changed = {name: value for name, value in options.items() if name in RefSamConfig.__annotations__}
    rest = {name: value for name, value in options.items() if name not in ("config", *_NAMES)}
    with naming(f"{source}: config.json"):
        return RefSamConfig.from_dict({**content, **changed}), rest


def load_adapter_only(
    model_class: Any, source: str | os.PathLike[str], config: RefSamConfig, options: dict[str, Any]
) -> Any:
    """`RefSamModel.from_pretrained` of an adapter-only checkpoint.

    Args:
        config, options: from `find_adapter_only`.

    Raises:
        ValueError: a base of other sizes or weights than the one that it was made for, or one that belongs to itself;
            weights that are missing, unknown or of another shape; a damaged file; each is named.
        OSError: a file, or the base, is not there.
    """
    hub_options = hub_options_of(options)
    rest = {name: value for name, value in options.items() if name not in ("config", *OF_A_REPOSITORY)}
    if config.refsam_checkpoint is None:
        weights = read_over_backbones(model_class, source, config, hub_options)
        config = copy.deepcopy(config)
        config.adapter = None
        rest = {name: value for name, value in rest.items() if name not in RefSamConfig.__annotations__}
        return model_class._from_whole(source, config=config, state_dict=weights, **rest)
    wants_info = rest.pop("output_loading_info", False)
    base = config.refsam_checkpoint
    bases(base, for_the_base(hub_options))  # or one that belongs to itself is read without end
    model, info = model_class.from_pretrained(base_source(base), output_loading_info=True, **rest)
    check_sizes(source, config, base, model.config)
    if model.dtype == torch.float16:  # in which its weights are not recognised when the adapter is loaded
        stored = model_class.from_pretrained(base_source(base), dtype=torch.float32, **for_the_base(hub_options))
        check_fingerprint(source, config, "refsam", base, fingerprint(own_weights(stored)))
    model.load_adapter(str(source), adapter_of(source, config)["name"], adapter_kwargs=hub_options)
    return (model, info) if wants_info else model
