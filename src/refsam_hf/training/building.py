"""The model and the processor that a training starts with."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import CONFIG_MAPPING, PreTrainedConfig, SamMaskDecoderConfig, SamVisionConfig

from ..benchmarks.shapes import WORDS
from ..configuration_refsam import RefSamConfig
from ..files.naming import naming
from ..modeling_refsam import RefSamModel
from ..processing_refsam import RefSamProcessor
from ..video_processing_refsam import RefSamVideoProcessor
from .adaptation import adapt
from .config import TrainingConfig
from .config_reading import check_keys
from .features.of_stage import check_features
from .tokenizer import build_tokenizer


def load_for_training(config: TrainingConfig) -> tuple[RefSamModel, RefSamProcessor]:
    """The model, from a checkpoint or a new one, its parts frozen or not, adapters added; its processor.

    A new model is built on backbones, or has random weights. These, without a processor, get a new one whose tokenizer
    knows the words of the shapes benchmark.

    Raises:
        OSError: if a checkpoint or a processor cannot be read.
        ValueError: if model and processor do not belong together, or an option of the model is wrong.
    """
    if config.model is not None:
        model, processor = load_checkpoint(config.model, config.processor, config.attn_implementation)
    elif config.backbones is not None:
        vision, text = config.backbones.vision, config.backbones.text
        options = config.model_config or {}
        check_keys(options, set(_option_names(RefSamConfig)) - set(RefSamConfig.sub_configs), "model_config")
        model = RefSamModel.from_vision_text_pretrained(vision, text, **options)
        model.set_attn_implementation(config.attn_implementation)
        processor = RefSamProcessor.from_vision_text_pretrained(vision, text)
    else:
        model, processor = new_model_and_processor(config.model_config or {}, config.attn_implementation)
    if config.model is None and config.processor is not None:
        processor = _processor(config.processor)
    _check(model, processor)
    adapt(model, config.adaptation, config.train)
    check_features(config.stages, model)
    return model, processor


def load_checkpoint(
    model: str, processor: str | None = None, attn_implementation: str = "sdpa"
) -> tuple[RefSamModel, RefSamProcessor]:
    """The RefSAM of a folder or Hub name, in float32, and its processor, or that of another.

    Raises:
        OSError: if one cannot be read.
        ValueError: if they do not belong together.
    """
    with naming(f"model: expected a folder or a Hub name of a RefSAM, got {model!r}"):
        loaded: RefSamModel = RefSamModel.from_pretrained(
            model, dtype=torch.float32, attn_implementation=attn_implementation
        )
    of_model = _processor(processor or model)
    _check(loaded, of_model)
    return loaded, of_model


def _check(model: RefSamModel, processor: RefSamProcessor) -> None:
    side, tokens = model.config.vision_config.image_size, model.config.text_config.vocab_size
    if processor.video_processor.image_size != side:
        raise ValueError(
            f"processor: expected the model's image_size {side}, got {processor.video_processor.image_size}"
        )
    if len(processor.tokenizer) > tokens:
        raise ValueError(
            f"processor: expected at most {tokens} tokens, the text encoder's vocab_size, "
            f"got {len(processor.tokenizer)}"
        )


def _processor(name: str) -> RefSamProcessor:
    with naming(f"processor: expected a folder or a Hub name with the processor of a RefSAM, got {name!r}"):
        processor: RefSamProcessor = RefSamProcessor.from_pretrained(name)
    return processor


def new_model_and_processor(
    options: Mapping[str, Any], attn_implementation: str = "sdpa"
) -> tuple[RefSamModel, RefSamProcessor]:
    """A RefSAM with random weights, and a processor whose tokenizer knows the words of the shapes benchmark.

    Raises:
        ValueError: if an option is unknown or wrong.
    """
    config = new_model_config(options)
    vision_config: Any = config.vision_config
    video_processor = RefSamVideoProcessor(image_size=vision_config.image_size)
    model: RefSamModel = RefSamModel._from_config(config, attn_implementation=attn_implementation)
    return model, RefSamProcessor(video_processor, build_tokenizer(WORDS))


def new_model_config(options: Mapping[str, Any]) -> RefSamConfig:
    """A `RefSamConfig` from the options of a configuration file, in which a misspelt name is an error.

    Raises:
        ValueError: if a name is unknown, or a value has the wrong type.
    """
    key = "model_config"
    check_keys(options, _option_names(RefSamConfig), key)
    for name, config_class in (("vision_config", SamVisionConfig), ("mask_decoder_config", SamMaskDecoderConfig)):
        _check_options(options.get(name), config_class, f"{key}.{name}")
    text = options.get("text_config")
    kind = text.get("model_type", "t5") if isinstance(text, Mapping) else "t5"
    if kind not in CONFIG_MAPPING:
        raise ValueError(f"{key}.text_config.model_type: expected a text encoder of transformers, got {kind!r}")
    _check_options(text, CONFIG_MAPPING[kind], f"{key}.text_config")
    try:
        return RefSamConfig(**options)
    except (StrictDataclassError, ValueError) as error:
        raise ValueError(f"{key}: {error}") from error


def _check_options(options: Any, config_class: type[PreTrainedConfig], key: str) -> None:
    if options is None:
        return
    if not isinstance(options, Mapping):
        raise ValueError(f"{key}: expected a mapping, got {options!r}")
    check_keys(options, _option_names(config_class), key)


def _option_names(config_class: type[PreTrainedConfig]) -> list[str]:
    return [*(option.name for option in fields(config_class)), *config_class.attribute_map, "model_type"]
