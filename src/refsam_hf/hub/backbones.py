"""Starts a RefSAM on a SAM checkpoint and a text checkpoint."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor
from transformers import (
    MODEL_FOR_TEXT_ENCODING_MAPPING,
    AutoConfig,
    AutoModelForTextEncoding,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    SamConfig,
    SamModel,
)

from ..configuration_refsam import RefSamConfig
from ..files.naming import naming
from ..modules.text_encoder import build_text_encoder, max_text_length
from .base_names import base_name
from .damage import whole_files
from .fingerprint import backbone_fingerprints
from .official_sam import read_official_sam
from .sam_backbone import SamBackbone, load_weights

if TYPE_CHECKING:
    from ..pretrained_refsam import RefSamPreTrainedModel

Model = TypeVar("Model", bound="RefSamPreTrainedModel")

# SAM's parts that RefSAM takes over, and where they go
SAM_PARTS = {
    "vision_encoder.": "vision_tower.",
    "mask_decoder.": "mask_decoder.",
    "shared_image_embedding.": "shared_image_embedding.",
    "prompt_encoder.no_mask_embed.": "no_mask_embed.",
}


@dataclass(frozen=True)
class TextBackbone:
    """What RefSAM takes over from a text checkpoint.

    Fields:
        name: the checkpoint, for errors.
        config: of the encoder.
        weights: under the names that [`RefSamModel`] has for them.
    """

    name: str
    config: PreTrainedConfig
    weights: dict[str, Tensor]


def build_on_backbones(
    model_class: type[Model], vision: str | PathLike[str], text: str | PathLike[str], **config_kwargs: Any
) -> Model:
    """`RefSamModel.from_vision_text_pretrained`: see there."""
    read_text_config(text)  # a wrong name is an error before SAM's gigabytes are read
    return build_on_sam(model_class, read_sam(vision), text, **config_kwargs)


def build_on_sam(model_class: type[Model], sam: SamBackbone, text: str | PathLike[str], **config_kwargs: Any) -> Model:
    """A new RefSAM on a SAM that was read already, in evaluation mode.

    Raises:
        ValueError: the text checkpoint lacks a weight that is needed, or is one of something else; a field of the
            config is of another type or out of range.
    """
    text_backbone = read_text(text)
    config = RefSamConfig.from_dict(
        dict(
            vision_config=sam.vision_config,
            mask_decoder_config=sam.mask_decoder_config,
            text_config=text_backbone.config,
            vision_checkpoint=base_name(sam.name),
            text_checkpoint=base_name(text),
            **config_kwargs,
        )
    )
    model = model_class(config)
    load_weights(model, text_backbone.weights, text_backbone.name)
    load_weights(model, sam.weights, sam.name)
    model.config.checkpoint_sha256 = backbone_fingerprints(model.state_dict())
    return model.eval()


def read_sam(checkpoint: str | PathLike[str], **hub_options: Any) -> SamBackbone:
    """What RefSAM takes of a SAM: a checkpoint of transformers (`SamModel`), or an original file (`.pth`).

    Raises:
        ValueError: it is a checkpoint of something else, or lacks a weight that is needed; the keys are named.
        OSError: it is not there.
    """
    if Path(checkpoint).is_file():
        return read_official_sam(checkpoint)
    config: Any = read_sam_config(checkpoint, **hub_options)
    sam, lacking = _load(SamModel, checkpoint, config, hub_options)
    _check_whole(checkpoint, [key for key in lacking if key.startswith(tuple(SAM_PARTS))])
    weights = {
        new + key.removeprefix(old): value
        for key, value in sam.state_dict().items()
        for old, new in SAM_PARTS.items()
        if key.startswith(old)
    }
    return SamBackbone(str(checkpoint), config.vision_config, config.mask_decoder_config, weights)


def read_text(checkpoint: str | PathLike[str], **hub_options: Any) -> TextBackbone:
    """What RefSAM takes of a text checkpoint.

    Raises:
        ValueError: it lacks a weight that is needed, or is one of something else.
        OSError: it is not there.
    """
    model, lacking = _load(
        AutoModelForTextEncoding, checkpoint, read_text_config(checkpoint, **hub_options), hub_options
    )
    with torch.device("meta"):
        needed = build_text_encoder(model.config).state_dict()
    _check_whole(checkpoint, [key for key in lacking if key in needed])
    weights = {f"text_encoder.{key}": value for key, value in model.state_dict().items() if key in needed}
    return TextBackbone(str(checkpoint), model.config, weights)


def read_sam_config(checkpoint: str | PathLike[str], **hub_options: Any) -> SamConfig:
    """The config of a SAM checkpoint.

    Raises:
        ValueError: it is a checkpoint of something else.
    """
    with naming(f"{checkpoint}: expected a SAM checkpoint, a folder or a Hub name"):
        config = AutoConfig.from_pretrained(checkpoint, **hub_options)
    if not isinstance(config, SamConfig):
        raise ValueError(f"{checkpoint}: expected a SAM checkpoint (model_type 'sam'), got {config.model_type!r}")
    return config


def read_tokenizer(checkpoint: str | PathLike[str]) -> Any:
    """The tokenizer of a text checkpoint, which cuts off what its encoder has no positions for.

    Raises:
        ValueError: there is no tokenizer in the checkpoint, or no text encoder.
    """
    config = read_text_config(checkpoint)
    tokenizer: Any = AutoTokenizer.from_pretrained(checkpoint)
    # where its files are missing, transformers makes up one that knows its special tokens and at most "▁"
    if len(tokenizer.get_vocab().keys() - set(tokenizer.all_special_tokens)) <= 1:
        raise ValueError(
            f"{checkpoint}: expected the files of a tokenizer beside the text encoder's, got none that knows a word"
        )
    with torch.device("meta"):
        limit = max_text_length(build_text_encoder(config))
    if limit is not None:  # many a tokenizer names no limit of its own
        tokenizer.model_max_length = min(tokenizer.model_max_length, limit)
    return tokenizer


def read_text_config(checkpoint: str | PathLike[str], **hub_options: Any) -> PreTrainedConfig:
    """The config of the text encoder of a checkpoint.

    Raises:
        ValueError: it has none.
    """
    with naming(f"{checkpoint}: expected a text encoder's checkpoint, a folder or a Hub name"):
        config = AutoConfig.from_pretrained(checkpoint, **hub_options)
    text_config = getattr(config, "text_config", config)  # CLIP's checkpoints hold a vision model too
    if type(text_config) not in MODEL_FOR_TEXT_ENCODING_MAPPING:
        raise ValueError(
            f"{checkpoint}: expected a checkpoint with a text encoder of AutoModelForTextEncoding, "
            f"got {config.model_type!r}"
        )
    return text_config


def _load(
    model_class: Any, checkpoint: str | PathLike[str], config: PreTrainedConfig, hub_options: dict[str, Any]
) -> tuple[PreTrainedModel, list[str]]:
    """A checkpoint's model, and the names of the weights that it lacks or has in another shape."""
    with whole_files(checkpoint):
        model, info = model_class.from_pretrained(
            checkpoint, config=config, output_loading_info=True, ignore_mismatched_sizes=True, **hub_options
        )
    return model, [*info["missing_keys"], *(key for key, *_ in info["mismatched_keys"])]


def _check_whole(checkpoint: str | PathLike[str], missing: list[str]) -> None:
    """Weights that are needed and not there are an error instead of random numbers."""
    if missing:
        raise ValueError(f"{checkpoint}: expected every weight that RefSAM takes, got none for {sorted(missing)}")
