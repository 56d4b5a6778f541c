"""The files of kept features: some clips in each, as safetensors, and in its header where they come from."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ...files.naming import naming
from ...files.written_aside import written_aside

SHARDS = "[0-9]*.safetensors"
FORMAT = "kept features 1"
BY_FRAME = ("visual_embedding", "intermediate_embeddings.")
"""What begins with the axis T, so that single frames can be read."""


def write_shard(path: Path, facts: Mapping[str, Any], clips: Sequence[Mapping[str, Tensor]]) -> None:
    """Writes a file, whole or not at all.

    Args:
        facts: where the clips come from; what JSON holds.
        clips: of each, its tensors by name.

    Raises:
        OSError: it cannot be written.
    """
    tensors = {f"{place}.{name}": tensor for place, clip in enumerate(clips) for name, tensor in clip.items()}
    with written_aside(path) as aside:
        try:
            # one entry: several come in any order, and a file is to be the same whenever it is written
            save_file(tensors, aside, {"refsam_hf": json.dumps({"format": FORMAT, **facts})})
        except SafetensorError as error:  # of the disk: what is written is sound
            raise OSError(f"{path}: expected a place that takes features, got {error}") from error
        aside.chmod(0o644)  # safetensors leaves its files to their owner only


def read_facts(path: Path) -> dict[str, Any]:
    """What `write_shard` was given, without reading a clip.

    Raises:
        ValueError: the file is no such file, or was cut off.
        OSError: it cannot be read.
    """
    with naming(f"{path}: expected kept features"):
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
        except SafetensorError as error:
            raise ValueError(str(error)) from error
        facts: dict[str, Any] = json.loads(metadata.get("refsam_hf", "{}"))
        given = facts.pop("format", None)
        if given != FORMAT:
            raise ValueError(f"got a file of the format {given!r}")
    return facts


def read_clip(path: Path, place: int, frames: Sequence[int]) -> dict[str, Tensor]:
    """The tensors of one clip; of what begins with the axis T, these frames alone are read."""
    prefix, tensors = f"{place}.", {}
    with safe_open(path, framework="pt") as file:
        for key in file.keys():  # noqa: SIM118, it is no mapping
            if not key.startswith(prefix):
                continue
            name = key.removeprefix(prefix)
            if name.startswith(BY_FRAME):
                piece = file.get_slice(key)
                tensors[name] = torch.stack([piece[t] for t in frames])
            else:
                tensors[name] = file.get_tensor(key)
    return tensors
