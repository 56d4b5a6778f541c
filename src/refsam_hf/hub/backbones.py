"""Starts a RefSAM on a SAM checkpoint and a text checkpoint."""

from os import PathLike
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import (
    MODEL_FOR_TEXT_ENCODING_MAPPING,
    AutoConfig,
    AutoModelForTextEncoding,
    PreTrainedConfig,
    PreTrainedModel,
    SamConfig,
    SamModel,
)

from ..adapters import AdapterLayer
from ..configuration_refsam import RefSamConfig
from .damage import whole_files

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
    sam_config, text_config = read_sam_config(vision), _read_text_config(text)
    sam, sam_lacks = _load(SamModel, vision, sam_config)
    text_model, text_lacks = _load(AutoModelForTextEncoding, text, text_config)
    config = RefSamConfig(
        vision_config=sam_config.vision_config,
        mask_decoder_config=sam_config.mask_decoder_config,
        text_config=text_model.config,
        **config_kwargs,
    )
    model = model_class(config)
    needed = model.text_encoder.state_dict()
    _check_whole(vision, [key for key in sam_lacks if key.startswith(tuple(SAM_PARTS))])
    _check_whole(text, [key for key in text_lacks if key in needed])
    model.text_encoder.load_state_dict({key: value for key, value in text_model.state_dict().items() if key in needed})
    _load_sam(model, sam)
    return model.eval()


def read_sam_config(checkpoint: str | PathLike[str]) -> SamConfig:
    """The config of a SAM checkpoint.

    Raises:
        ValueError: it is a checkpoint of something else.
    """
    config = AutoConfig.from_pretrained(checkpoint)
    if not isinstance(config, SamConfig):
        raise ValueError(f"{checkpoint}: expected a SAM checkpoint (model_type 'sam'), got {config.model_type!r}")
    return config


def _read_text_config(checkpoint: str | PathLike[str]) -> PreTrainedConfig:
    config = AutoConfig.from_pretrained(checkpoint)
    text_config = getattr(config, "text_config", config)  # CLIP's checkpoints hold a vision model too
    if type(text_config) not in MODEL_FOR_TEXT_ENCODING_MAPPING:
        raise ValueError(
            f"{checkpoint}: expected a checkpoint with a text encoder of AutoModelForTextEncoding, "
            f"got {config.model_type!r}"
        )
    return text_config


def _load(
    model_class: Any, checkpoint: str | PathLike[str], config: PreTrainedConfig
) -> tuple[PreTrainedModel, list[str]]:
    """A checkpoint's model, and the names of the weights that it lacks or has in another shape."""
    with whole_files(checkpoint):
        model, info = model_class.from_pretrained(
            checkpoint, config=config, output_loading_info=True, ignore_mismatched_sizes=True
        )
    return model, [*info["missing_keys"], *(key for key, *_ in info["mismatched_keys"])]


def _check_whole(checkpoint: str | PathLike[str], missing: list[str]) -> None:
    """Weights that are needed and not there are an error instead of random numbers."""
    if missing:
        raise ValueError(f"{checkpoint}: expected every weight that RefSAM takes, got none for {sorted(missing)}")


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
    """The name of SAM's weight `key` in a tower whose layers adapters may wrap (`...proj.base_layer.weight`)."""
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
