"""An adapter's files, in PEFT's form: `adapter_config.json` and `adapter_model.safetensors`."""

import os
from collections.abc import Mapping
from typing import Any

from peft import PeftConfig
from peft.utils import CONFIG_NAME, SAFETENSORS_WEIGHTS_NAME
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor
from transformers.utils import cached_file

from ..hub.damage import whole_files

PEFT_PREFIX = "base_model.model."
"""What PEFT writes before the name of every weight."""

ADAPTER_FOLDER = "adapter"
"""Where in an adapter-only checkpoint the adapter's files are."""

_MOST_NAMED = 6


def adapter_subfolder(source: str | os.PathLike[str], subfolder: str | None = None, **hub_options: Any) -> str | None:
    """Where in `source` an adapter's files are: in `subfolder`, or in the folder for them of a checkpoint there."""
    if _has_config(source, subfolder, hub_options):
        return subfolder
    within = in_checkpoint(subfolder)
    return within if _has_config(source, within, hub_options) else subfolder


def in_checkpoint(subfolder: str | None) -> str:
    """Where the adapter's files of an adapter-only checkpoint are, which itself is in `subfolder`."""
    return "/".join(part for part in (subfolder, ADAPTER_FOLDER) if part)


def _has_config(source: str | os.PathLike[str], subfolder: str | None, hub_options: Mapping[str, Any]) -> bool:
    path = cached_file(
        source, CONFIG_NAME, subfolder=subfolder or "", **hub_options, _raise_exceptions_for_missing_entries=False
    )
    return path is not None


def read_config(source: str | os.PathLike[str], subfolder: str | None = None, **hub_options: Any) -> PeftConfig:
    """The config of an adapter of any PEFT method, from a folder or the Hub.

    Raises:
        ValueError: no such file, a damaged one, or an unknown method.
    """
    try:
        config = PeftConfig.from_pretrained(str(source), subfolder=subfolder, **hub_options)
    except KeyError as error:
        raise ValueError(f"{source}: adapter_config.json has a peft_type that is not known here: {error}") from error
    except (ValueError, TypeError) as error:
        raise ValueError(f"{source}: adapter_config.json cannot be used: {error}") from error
    if config.peft_type is None:
        raise ValueError(f"{source}: adapter_config.json has no peft_type")
    return config


def read_adapter(source: str | os.PathLike[str], **hub_options: Any) -> tuple[PeftConfig, dict[str, Tensor]]:
    """Config and weights of an adapter of any PEFT method, from a folder or the Hub.

    Raises:
        ValueError: a config that cannot be used, a damaged file.
        OSError: no weights.
    """
    return read_config(source, **hub_options), read_weights(find_weights(source, **hub_options))


def find_weights(source: str | os.PathLike[str], subfolder: str | None = None, **hub_options: Any) -> str:
    """The path of an adapter's weights, downloaded where they must be.

    Raises:
        OSError: there are none. Pickled ones (`adapter_model.bin`) are not looked for.
    """
    path = cached_file(source, SAFETENSORS_WEIGHTS_NAME, subfolder=subfolder or "", **hub_options)
    if path is None:
        raise OSError(f"{source} has no file {SAFETENSORS_WEIGHTS_NAME}")
    return path


def read_shapes(path: str) -> dict[str, tuple[int, ...]]:
    """The name of every weight in a file, without PEFT's prefix, and its shape.

    Raises:
        ValueError: the file is damaged.
    """
    with whole_files(path), safe_open(path, framework="pt") as file:
        return {key.removeprefix(PEFT_PREFIX): tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118


def read_weights(path: str) -> dict[str, Tensor]:
    """Every weight in a file, on the CPU, under PEFT's names.

    Raises:
        ValueError: the file is damaged.
    """
    with whole_files(path):
        return load_file(path)


def check_shapes(
    expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]], source: str | os.PathLike[str]
) -> None:
    """Compares the weights that an adapter in a model has with those of a file.

    Raises:
        ValueError: some are missing, unknown, or of another shape; they are named.
    """
    problems = {
        "missing": sorted(expected.keys() - found.keys()),
        "unknown": sorted(found.keys() - expected.keys()),
        "of another shape": [
            f"{key} {found[key]} for {shape}" for key, shape in expected.items() if found.get(key, shape) != shape
        ],
    }
    said = [f"{problem}: {_names(keys)}" for problem, keys in problems.items() if keys]
    if said:
        raise ValueError(f"{source}: expected exactly the weights of the adapter in this model, got {'; '.join(said)}")


def _names(keys: list[str]) -> str:
    more = f" and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else ""
    return ", ".join(keys[:_MOST_NAMED]) + more
