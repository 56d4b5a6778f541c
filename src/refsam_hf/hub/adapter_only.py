"""Adapter-only checkpoints: what was trained, in PEFT's format, and the names of the checkpoints that it belongs to.

    config.json                          a RefSamConfig, which names them, and says by what they are recognised
    adapter/adapter_config.json          of the PEFT method
    adapter/adapter_model.safetensors    what was trained

There is no adapter_config.json at the root: transformers and PEFT would load what that one names in the place of this.
"""

import copy
import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from peft.utils import SAFETENSORS_WEIGHTS_NAME
from safetensors.torch import save_file
from torch import Tensor

from ..adapters.files import ADAPTER_FOLDER, PEFT_PREFIX
from ..adapters.own_weights import own_weights
from ..files.replaced_folder import replaced_folder
from .base_names import base_name, base_source
from .bases import check_is_no_base
from .fingerprint import fingerprint

if TYPE_CHECKING:
    from ..pretrained_refsam import RefSamPreTrainedModel


def save_adaptation(
    model: "RefSamPreTrainedModel",
    folder: str | os.PathLike[str],
    adapter_name: str,
    base: str | os.PathLike[str] | None = None,
) -> None:
    """`RefSamModel.save_adapter` of an adapter that was added: it belongs to a RefSAM checkpoint."""
    base = base if base is not None else model.name_or_path
    if not base:
        raise ValueError(
            f"the adapter {adapter_name!r} belongs to a RefSAM checkpoint, and this model was not loaded from one: "
            "save it with save_pretrained, and name that folder as base=..."
        )
    own = fingerprint(own_weights(model))
    _check_is_still(model, base, own)
    config = copy.deepcopy(model.config)
    config.vision_checkpoint = config.text_checkpoint = None
    config.refsam_checkpoint = base_name(base)
    config.dtype = model.dtype
    config.checkpoint_sha256 = {"refsam": own}
    weights = model.get_adapter_state_dict(adapter_name)  # its config is brought up to date with it
    adapter_config = copy.deepcopy(model.get_adapter_config(adapter_name))
    write_adapter(folder, adapter_name, adapter_config, weights, config)


def write_adapter(
    folder: str | os.PathLike[str], adapter_name: str, adapter_config: Any, weights: Mapping[str, Tensor], config: Any
) -> None:
    """Writes the files, all at once; others in the folder, such as the processor's, stay.

    Args:
        adapter_config: of PEFT.
        weights: of the adapter, without PEFT's prefix.
        config: a `RefSamConfig` that names the checkpoints.

    Raises:
        ValueError: the folder is that of a checkpoint that the adapter belongs to.
        OSError: the folder holds a self-contained checkpoint, or cannot be written to.
    """
    check_is_no_base(folder, config)
    if whole := sorted(Path(folder).glob("model*.safetensors")):
        raise FileExistsError(f"{folder}: expected a folder without a self-contained checkpoint, got {whole[0].name}")
    adapter_config.inference_mode = True
    adapter_config.base_model_name_or_path = config.refsam_checkpoint
    stored = {
        PEFT_PREFIX + name: value.detach().cpu().contiguous().clone()  # of its own memory, as safetensors wants it
        for name, value in weights.items()
    }
    with replaced_folder(folder) as aside:
        shutil.rmtree(aside / ADAPTER_FOLDER, ignore_errors=True)
        (aside / ADAPTER_FOLDER).mkdir()
        adapter_config.save_pretrained(str(aside / ADAPTER_FOLDER))
        file = aside / ADAPTER_FOLDER / SAFETENSORS_WEIGHTS_NAME
        save_file(stored, file, metadata={"format": "pt"})
        config.adapter = {"name": adapter_name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
        config.architectures = ["RefSamModel"]
        config.save_pretrained(aside)


def _check_is_still(model: "RefSamPreTrainedModel", base: str | os.PathLike[str], own: str) -> None:
    """Reads the base once: what was trained in the model itself would be lost without a word.

    Raises:
        ValueError: the model's own weights are no longer those of the checkpoint.
    """
    checked = (str(base), own)
    if model.__dict__.get("_checked_base") == checked:
        return
    found = fingerprint(own_weights(type(model).from_pretrained(base_source(str(base)), dtype=torch.float32)))
    if found != own:
        raise ValueError(
            f"expected the model's own weights to be those of {base}, to which the adapter belongs, got others: "
            f"save the model with save_pretrained without the adapter, and name that folder as base=..."
        )
    model.__dict__["_checked_base"] = checked
