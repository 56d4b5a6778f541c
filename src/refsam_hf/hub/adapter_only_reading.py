"""Reads adapter-only checkpoints (`adapter_only`), together with the checkpoints that they belong to."""

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import PreTrainedConfig
from transformers.utils import CONFIG_NAME, cached_file

from ..adapters.files import adapter_subfolder, find_weights
from ..adapters.own_weights import own_weights
from ..configuration_refsam import RefSamConfig
from .base_names import base_source
from .fingerprint import fingerprint

if TYPE_CHECKING:
    from ..modeling_refsam import RefSamModel

HUB_OPTIONS = ("cache_dir", "force_download", "local_files_only", "token", "revision", "subfolder")
_NAMES = ("vision_checkpoint", "text_checkpoint", "refsam_checkpoint")
_OF_THE_BASE = ("cache_dir", "force_download", "local_files_only", "token")
_SIZES = {
    "vision_config": (
        "num_hidden_layers",
        "hidden_size",
        "num_attention_heads",
        "mlp_dim",
        "image_size",
        "patch_size",
        "window_size",
        "global_attn_indexes",
        "output_channels",
    ),
    "mask_decoder_config": ("num_hidden_layers", "hidden_size", "mlp_dim"),
    "text_config": ("model_type", "num_hidden_layers", "hidden_size", "vocab_size"),
}


def find_adapter_only(
    source: str | os.PathLike[str], options: dict[str, Any]
) -> tuple[RefSamConfig, dict[str, Any]] | None:
    """The config of an adapter-only checkpoint, and the options of `from_pretrained` that are none of its config.

    `None` for all else, and for what cannot be read: then the usual loading says what is wrong.
    """
    config = options.get("config")
    if isinstance(config, PreTrainedConfig):
        return (config, options) if isinstance(config, RefSamConfig) and config.adapter else None
    hub_options = {name: options[name] for name in HUB_OPTIONS if options.get(name) is not None}
    try:
        path = cached_file(
            config if config is not None else source,
            CONFIG_NAME,
            **hub_options,
            _raise_exceptions_for_missing_entries=False,
        )
        content = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return None
    if not (isinstance(content, dict) and content.get("model_type") == "refsam" and content.get("adapter")):
        return None
    changed = {name: value for name, value in options.items() if name in RefSamConfig.__annotations__}
    rest = {name: value for name, value in options.items() if name not in ("config", *_NAMES)}
    return RefSamConfig(**{**content, **changed}), rest


def load_adapter_only(
    model_class: type["RefSamModel"], source: str | os.PathLike[str], config: RefSamConfig, options: dict[str, Any]
) -> Any:
    """`RefSamModel.from_pretrained` of an adapter-only checkpoint.

    Raises:
        ValueError: a base of other sizes or weights than the one that it was made for; weights that are missing,
            unknown or of another shape; a damaged file; each is named.
        OSError: a file, or the base, is not there.
    """
    adapter = config.adapter
    if not (isinstance(adapter, dict) and {"name", "sha256"} <= adapter.keys()):
        raise ValueError(f"{source}: config.json: adapter: expected its name and its sha256, got {adapter!r}")
    hub_options = {name: options[name] for name in HUB_OPTIONS if options.get(name) is not None}
    wants_info = options.get("output_loading_info", False)
    rest = {
        name: value
        for name, value in options.items()
        if name not in ("config", "output_loading_info", "subfolder", "revision")
    }
    base = config.refsam_checkpoint
    if base is None:
        raise ValueError(f"{source}: config.json: expected the name of a refsam_checkpoint, got none")
    model, info = model_class.from_pretrained(base_source(base), output_loading_info=True, **rest)
    of_the_base = {name: hub_options[name] for name in _OF_THE_BASE if name in hub_options}
    check_sizes(source, config, base, model.config)
    recognised = model
    if model.dtype == torch.float16:
        recognised = model_class.from_pretrained(base_source(base), dtype=torch.float32, **of_the_base)
    check_fingerprint(source, config, "refsam", base, fingerprint(own_weights(recognised)))
    model.load_adapter(str(source), adapter["name"], adapter_kwargs=hub_options)
    check_file(source, adapter["sha256"], hub_options)
    return (model, info) if wants_info else model


def check_sizes(source: Any, expected: RefSamConfig, base: str, found: Any, parts: tuple[str, ...] = ()) -> None:
    """Compares the depths and widths of the base with those that a checkpoint was made for.

    Args:
        found: what has the configs of the base's parts under the names that a `RefSamConfig` has for them.

    Raises:
        ValueError: they differ; the first difference is named.
    """
    for part in parts or _SIZES:
        for name in _SIZES[part]:
            wanted, got = getattr(getattr(expected, part), name), getattr(getattr(found, part), name)
            if wanted != got:
                raise ValueError(f"{source}: it is for a base with {part}.{name}={wanted!r}, {base} has {got!r}")


def check_fingerprint(source: Any, config: RefSamConfig, kind: str, base: str, found: str) -> None:
    """Compares the weights of the base with those that a checkpoint was made for.

    Raises:
        ValueError: they differ.
    """
    expected = (config.checkpoint_sha256 or {}).get(kind)
    if found != expected:
        raise ValueError(
            f"{source}: it is for another base: {base} has other weights than those that it was made for "
            f"(sha256 {expected} expected, got {found})"
        )


def check_file(source: Any, expected: str, hub_options: dict[str, Any]) -> None:
    """Compares the adapter's file of weights with what config.json says of it.

    Raises:
        ValueError: they differ.
    """
    subfolder = adapter_subfolder(source, **hub_options)
    path = find_weights(source, **{**hub_options, "subfolder": subfolder})
    found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    if found != expected:
        raise ValueError(
            f"{path}: expected the file that config.json was written with (sha256 {expected}), "
            f"got a damaged one, or one of another checkpoint ({found})"
        )
