"""Whether an adapter-only checkpoint, the checkpoints that it names and its files belong together."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers.utils import CONFIG_NAME, cached_file

from ..adapters.files import find_weights, in_checkpoint
from ..adapters.own_weights import own_weights
from ..configuration_refsam import RefSamConfig
from .fingerprint import backbone_weights, fingerprint

HUB_OPTIONS = ("cache_dir", "force_download", "local_files_only", "token", "revision", "subfolder")
OF_A_REPOSITORY = ("revision", "subfolder")
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


def hub_options_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the options of `from_pretrained` that say where and how a file is found."""
    return {name: options[name] for name in HUB_OPTIONS if options.get(name) is not None}


def for_the_base(hub_options: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are as good for the checkpoints that an adapter-only one belongs to."""
    return {name: value for name, value in hub_options.items() if name not in OF_A_REPOSITORY}


def adapter_of(source: Any, config: RefSamConfig) -> dict[str, str]:
    """What config.json says of the adapter, its `"name"` and `"sha256"`.

    Raises:
        ValueError: it does not.
    """
    adapter = config.adapter
    if not (isinstance(adapter, dict) and {"name", "sha256"} <= adapter.keys()):
        raise ValueError(f"{source}: config.json: adapter: expected its name and its sha256, got {adapter!r}")
    return adapter


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


def check_file(path: str, config: RefSamConfig) -> None:
    """Compares the adapter's file of weights with what config.json says of it.

    Raises:
        ValueError: they differ.
    """
    expected = adapter_of(path, config)["sha256"]
    found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    if found != expected:
        raise ValueError(
            f"{path}: expected the file that config.json was written with (sha256 {expected}), "
            f"got a damaged one, or one of another checkpoint ({found})"
        )


@dataclass(frozen=True)
class Belonging:
    """What an adapter-only checkpoint says of the model that its adapter is for.

    Fields:
        source: the checkpoint.
        hub_options: how its files are found.
        config: its config.
    """

    source: Any
    hub_options: Mapping[str, Any]
    config: RefSamConfig

    @classmethod
    def of(cls, source: Any, hub_options: Mapping[str, Any]) -> "Belonging | None":
        """`None` for a folder that says nothing.

        Raises:
            ValueError: a field of its config is of another type or out of range; it is named.
        """
        path = cached_file(source, CONFIG_NAME, **hub_options, _raise_exceptions_for_missing_entries=False)
        config = None if path is None else RefSamConfig.from_json_file(path)
        return None if config is None or not config.adapter else cls(source, hub_options, config)

    def check_base(self, model: Any) -> None:
        """Whether a model is the one that the adapter was made for; in float16 its weights cannot be recognised.

        Raises:
            ValueError: other depths, widths or weights.
        """
        name = model.name_or_path or type(model).__name__
        check_sizes(self.source, self.config, name, model.config)
        if model.dtype != torch.float16:
            own = own_weights(model)
            for kind in self.config.checkpoint_sha256 or {}:
                found = fingerprint(own if kind == "refsam" else backbone_weights(own, kind))
                check_fingerprint(self.source, self.config, kind, name, found)

    def check_file(self) -> None:
        """Whether the adapter's file of weights is the one that the config was written with.

        Raises:
            ValueError: it is not.
        """
        folder = in_checkpoint(self.hub_options.get("subfolder"))
        check_file(find_weights(self.source, **{**self.hub_options, "subfolder": folder}), self.config)
