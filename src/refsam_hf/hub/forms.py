"""From the one form of a RefSAM checkpoint to the other."""

import copy
from os import PathLike
from typing import Any

import torch

from ..adapters.config import METHOD, RefSamAdapterConfig
from ..adapters.own_weights import as_own, in_place, own_weights
from ..adapters.resolution import adapted_modules
from ..files.new_folder import new_folder
from ..modeling_refsam import RefSamModel
from ..processing_refsam import RefSamProcessor
from .adapter_only_reading import find_adapter_only
from .backbones import read_sam, read_text
from .base_names import base_name
from .fingerprint import backbone_fingerprints


def convert_form(
    source: str | PathLike[str],
    output: str | PathLike[str],
    *,
    vision: str | PathLike[str] | None = None,
    text: str | PathLike[str] | None = None,
) -> str:
    """Writes an adapter-only checkpoint in the self-contained form, or the other way round; its processor, too.

    An adaptation by a RefSAM adapter takes the place of what its checkpoint holds under the name `default`.

    Args:
        source: a folder or a Hub name.
        output: a new or an empty folder; its parent folder exists.
        vision, text: the checkpoints that a self-contained one was built over, where its config does not name them, or
            where they lie elsewhere now.

    Returns:
        `"adapter-only"` or `"self-contained"`, what was written.

    Raises:
        ValueError: a checkpoint that has no other form: one that was built over nothing, or whose backbones are not
            those of the checkpoints that it names; an adaptation of another method than RefSAM's. Or a damaged one.
        OSError: a file is not there; the output is not empty or cannot be made. Nothing is written in any of these
            cases.
    """
    whole = find_adapter_only(source, {}) is None
    if not whole and (vision is not None or text is not None):
        raise ValueError(
            f"{source}: expected neither vision nor text for an adapter-only checkpoint, which names its own"
        )
    with new_folder(output) as aside:
        model = RefSamModel.from_pretrained(source)
        processor = RefSamProcessor.from_pretrained(source)
        if whole:
            if vision is not None or text is not None:
                _name_backbones(model, vision, text)
            model.save_adapter(aside)
        else:
            for name in model.added_adapters():
                model = fold_adaptation(model, name)
            model.save_pretrained(aside)
        processor.save_pretrained(aside)
    return "adapter-only" if whole else "self-contained"


def fold_adaptation(model: RefSamModel, adapter_name: str) -> RefSamModel:
    """A RefSAM whose own weights and adapters are those of an adaptation of `model`.

    Raises:
        ValueError: the adaptation is of another method, or its adapters are where no RefSAM has its own.
    """
    adapter: Any = model.get_adapter_config(adapter_name)
    if not isinstance(adapter, RefSamAdapterConfig):
        raise ValueError(
            f"expected an adaptation by a RefSAM adapter, which can take the place of the model's own, got "
            f"{adapter_name!r} of the method {adapter.peft_type.value}: it stays in the adapter-only form"
        )
    layers, modules = _places(model, adapter_name)
    if adapter.serial_scale != 1:
        raise ValueError(f"expected serial adapters of the scale 1 in {adapter_name!r}, got {adapter.serial_scale}")
    config = copy.deepcopy(model.config)
    config.adapter_layers = layers
    config.space_adapter, config.mlp_adapter = "attn.proj" in modules, "mlp" in modules
    config.adapter_width_ratio, config.mlp_adapter_scale = adapter.width_ratio, adapter.parallel_scale
    weights = {
        name.replace(".base_layer.", "."): value
        for name, value in own_weights(model).items()
        if f".{METHOD}_" not in name
    }
    weights |= {as_own(name): value for name, value in model.get_adapter_state_dict(adapter_name).items()}
    with torch.device("meta"):
        weights = in_place(weights, RefSamModel(config).state_dict())
    name = model.name_or_path or type(model).__name__  # for errors
    folded: RefSamModel = RefSamModel._from_whole(name, config=config, state_dict=weights, dtype=model.dtype)
    return folded


def _places(model: RefSamModel, adapter_name: str) -> tuple[list[int], set[str]]:
    """The blocks of the tower that have an adapter of that name, and where in them."""
    found = {
        name.removeprefix("vision_tower.layers.").partition(".")[::2] for name in adapted_modules(model, adapter_name)
    }
    modules = {module for _, module in found}
    layers = sorted(int(index) for index in {index for index, _ in found} if index.isdigit())
    if found != {(str(index), module) for index in layers for module in modules} or not modules <= {
        "attn.proj",
        "mlp",
    }:
        raise ValueError(
            f"expected the adapters of {adapter_name!r} behind attn.proj, beside mlp or both, in the same blocks of "
            f"the vision tower, got them at {sorted('.'.join(place) for place in found)}"
        )
    return layers, modules


def _name_backbones(model: RefSamModel, vision: str | PathLike[str] | None, text: str | PathLike[str] | None) -> None:
    """Names where the backbones are; whether the model has their weights is looked at when it is saved."""
    config = model.config
    found = dict(config.checkpoint_sha256 or {})
    if vision is not None:
        config.vision_checkpoint = base_name(vision)
        found["vision"] = backbone_fingerprints(read_sam(vision).weights)["vision"]
    if text is not None:
        config.text_checkpoint = base_name(text)
        found["text"] = backbone_fingerprints(read_text(text).weights)["text"]
    config.checkpoint_sha256 = found
