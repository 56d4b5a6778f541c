"""Starts a RefSAM on a SAM checkpoint and a text checkpoint."""

from os import PathLike
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForTextEncoding, PreTrainedModel, SamConfig, SamModel

from ..adapters import AdapterLayer
from ..configuration_refsam import RefSamConfig

if TYPE_CHECKING:
    from ..modeling_refsam import RefSamModel

# SAM's parts that RefSAM takes over, and where they go
SAM_PARTS = {
    "vision_encoder.": "vision_tower.",
    "mask_decoder.": "mask_decoder.",
    "shared_image_embedding.": "shared_image_embedding.",
    "prompt_encoder.no_mask_embed.": "no_mask_embed.",
}


def build_on_backbones(
    model_class: type["RefSamModel"], vision: str | PathLike[str], text: str | PathLike[str], **config_kwargs: Any
) -> "RefSamModel":
    """`RefSamModel.from_vision_text_pretrained`: see there."""
    sam_config = AutoConfig.from_pretrained(vision)
    if not isinstance(sam_config, SamConfig):
        raise ValueError(f"{vision}: expected a SAM checkpoint (model_type 'sam'), got {sam_config.model_type!r}")
    sam = _load_whole(SamModel, vision, tuple(SAM_PARTS))
    text_model = _load_whole(AutoModelForTextEncoding, text, ("",))
    config = RefSamConfig(
        vision_config=sam_config.vision_config,
        mask_decoder_config=sam_config.mask_decoder_config,
        text_config=text_model.config,
        **config_kwargs,
    )
    model = model_class(config)
    model.text_encoder.load_state_dict(text_model.state_dict())
    _load_sam(model, sam)
    return model


def _load_whole(model_class: Any, checkpoint: str | PathLike[str], needed: tuple[str, ...]) -> PreTrainedModel:
    """Loads a checkpoint; weights under the prefixes `needed` that it lacks are an error instead of random numbers."""
    model, info = model_class.from_pretrained(checkpoint, output_loading_info=True)
    mismatched = {key for key, *_ in info["mismatched_keys"]}
    missing = sorted(key for key in {*info["missing_keys"], *mismatched} if key.startswith(needed))
    if missing:
        raise ValueError(f"{checkpoint}: expected every weight of {type(model).__name__}, got none for {missing}")
    loaded: PreTrainedModel = model
    return loaded


@torch.no_grad()
def _load_sam(model: nn.Module, sam: nn.Module) -> None:
    weights = {}
    for key, value in sam.state_dict().items():
        for old, new in SAM_PARTS.items():
            if key.startswith(old):
                weights[base_layer_key(model, new + key.removeprefix(old))] = value
    result = model.load_state_dict(weights, strict=False)
    if result.unexpected_keys:
        raise ValueError(f"the SAM checkpoint has weights that RefSAM has no place for: {result.unexpected_keys}")


def base_layer_key(model: nn.Module, key: str) -> str:
    """The name of SAM's weight `key` in a tower whose layers may be wrapped by adapters (`...proj.base_layer.weight`)."""
    parts = key.split(".")
    for end in range(1, len(parts)):
        prefix = ".".join(parts[:end])
        try:
            module = model.get_submodule(prefix)
        except AttributeError:
            return key
        if isinstance(module, AdapterLayer):
            return f"{prefix}.base_layer.{'.'.join(parts[end:])}"
    return key
