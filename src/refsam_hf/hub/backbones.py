"""Starts a RefSAM on a SAM checkpoint and a text checkpoint."""

from os import PathLike
from typing import TYPE_CHECKING, Any

import torch
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
from ..modules.text_encoder import build_text_encoder, max_text_length
from .damage import whole_files
from .sam_backbone import SamBackbone, load_weights

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
    _read_text_config(text)  # a wrong name is an error before SAM's gigabytes are read
    return build_on_sam(model_class, read_sam(vision), text, **config_kwargs)


def build_on_sam(
    model_class: type["RefSamModel"], sam: SamBackbone, text: str | PathLike[str], **config_kwargs: Any
) -> "RefSamModel":
    """A new RefSAM on a SAM that was read already, in evaluation mode.

    Raises:
        ValueError: the text checkpoint lacks a weight that is needed, or is one of something else.
    """
    text_model, text_lacks = _load(AutoModelForTextEncoding, text, _read_text_config(text))
    config = RefSamConfig(
        vision_config=sam.vision_config,
        mask_decoder_config=sam.mask_decoder_config,
        text_config=text_model.config,
        **config_kwargs,
    )
    model = model_class(config)
    needed = model.text_encoder.state_dict()
    _check_whole(text, [key for key in text_lacks if key in needed])
    model.text_encoder.load_state_dict({key: value for key, value in text_model.state_dict().items() if key in needed})
    load_weights(model, sam.weights, sam.name)
    return model.eval()


def read_sam(checkpoint: str | PathLike[str]) -> SamBackbone:
    """What RefSAM takes of a SAM checkpoint of transformers (`SamModel`).

    Raises:
        ValueError: it is a checkpoint of something else, or lacks a weight that is needed; the keys are named.
    """
    config: Any = read_sam_config(checkpoint)
    sam, lacking = _load(SamModel, checkpoint, config)
    _check_whole(checkpoint, [key for key in lacking if key.startswith(tuple(SAM_PARTS))])
    weights = {
        new + key.removeprefix(old): value
        for key, value in sam.state_dict().items()
        for old, new in SAM_PARTS.items()
        if key.startswith(old)
    }
    return SamBackbone(str(checkpoint), config.vision_config, config.mask_decoder_config, weights)


def read_sam_config(checkpoint: str | PathLike[str]) -> SamConfig:
    """The config of a SAM checkpoint.

    Raises:
        ValueError: it is a checkpoint of something else.
    """
    config = AutoConfig.from_pretrained(checkpoint)
    if not isinstance(config, SamConfig):
        raise ValueError(f"{checkpoint}: expected a SAM checkpoint (model_type 'sam'), got {config.model_type!r}")
    return config


def read_tokenizer(checkpoint: str | PathLike[str]) -> Any:
    """The tokenizer of a text checkpoint, which cuts off what its encoder has no positions for.

    Raises:
        ValueError: there is no tokenizer in the checkpoint, or no text encoder.
    """
    config = _read_text_config(checkpoint)
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
