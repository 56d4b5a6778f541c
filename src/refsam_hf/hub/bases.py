"""The checkpoints that an adapter-only one belongs to: its base, the base of that one, and so on."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers.utils import CONFIG_NAME, cached_file

from ..configuration_refsam import RefSamConfig
from .base_names import base_source


def adapter_only_content(source: str | os.PathLike[str], hub_options: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the config.json of an adapter-only checkpoint holds; `None` for all else, and for what cannot be read."""
    try:
        path = cached_file(source, CONFIG_NAME, **hub_options, _raise_exceptions_for_missing_entries=False)
        content = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return None
    is_one = isinstance(content, dict) and content.get("model_type") == "refsam" and content.get("adapter")
    return content if is_one else None


def bases(name: str | None, hub_options: Mapping[str, Any]) -> list[str]:
    """Where the RefSAM checkpoint of that name lies, its base if it is an adaptation itself, and so on.

    Args:
        hub_options: those that are as good for all of them.

    Raises:
        ValueError: one of them belongs to itself, so that none can be loaded.
    """
    places: list[str] = []
    while isinstance(name, str):
        place = base_source(name)
        if any(_same(place, other) for other in places):
            raise ValueError(
                f"{place}: config.json: refsam_checkpoint: expected a checkpoint that can be loaded without this one, "
                "got one that belongs to it: something was saved over its base"
            )
        places.append(place)
        name = (adapter_only_content(place, hub_options) or {}).get("refsam_checkpoint")
    return places


def check_is_no_base(folder: str | os.PathLike[str], config: RefSamConfig) -> None:
    """Whether an adapter-only checkpoint can be saved into a folder without a loss of what it belongs to.

    Raises:
        ValueError: that is what the folder holds, also if it is named by a link.
    """
    of_backbones = [base_source(name) for name in (config.vision_checkpoint, config.text_checkpoint) if name]
    for place in [*of_backbones, *bases(config.refsam_checkpoint, {})]:
        if _same(str(folder), place):
            raise ValueError(
                f"{folder}: expected another folder than that of a checkpoint that the adapter belongs to, "
                "which would be overwritten"
            )


def _same(place: str, other: str) -> bool:
    if os.path.exists(place) and os.path.exists(other):
        return os.path.samefile(place, other)
    return place == other
