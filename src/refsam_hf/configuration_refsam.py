"""Configuration of RefSAM: its two backbones, SAM's mask decoder, and the sizes of RefSAM's own parts."""

from collections.abc import Sequence
from os import PathLike
from typing import Any, ClassVar

from huggingface_hub.dataclasses import strict
from huggingface_hub.errors import StrictDataclassError
from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedConfig, SamMaskDecoderConfig, SamVisionConfig

from .files.naming import naming

DENSE_EMBEDDINGS = ("hda", "da", "sentence", "none")


@strict
class RefSamConfig(PreTrainedConfig):
    """Everything needed to build a [`RefSamModel`]. The defaults are RefSAM ViT-B with T5-small.

    Fields:
        vision_config: SAM's vision tower (a `SamVisionConfig` or its dict).
        mask_decoder_config: SAM's mask decoder (a `SamMaskDecoderConfig` or its dict).
        text_config: any encoder of `AutoModelForTextEncoding` (T5, RoBERTa, CLIP text, ...) or its dict with
            `model_type`.
        space_adapter, mlp_adapter: whether the tower's adapted blocks have the serial adapter behind the attention's
            output projection, and the one parallel to the MLP (Figure 2).
        adapter_layers: indices of the adapted blocks; `None` means the second half of the tower.
        adapter_width_ratio: bottleneck width of an adapter over the tower's width.
        mlp_adapter_scale: factor of the parallel adapter's output.
        mlp_hidden_layers: hidden layers of the Cross-Modal MLP (Figure 5 tries 0, 1, 2, 4, 6).
        sparse_embeddings: whether the words are prompt tokens of the mask decoder.
        dense_embeddings: `"hda"`, `"da"` (the visual embedding's level alone), `"sentence"` (visual embedding +
            sentence feature) or `"none"` (SAM's `no_mask_embed`).
        implicit_tracking: whether a track token is handed from frame to frame.
        tracking_attention_heads: heads of the Implicit Tracking Module's self-attention.
        unit_length: whether the visual embedding, the projected levels, the words and the sentence are scaled to unit
            length over their channels before use, as in the authors' code.
        iou_loss_weight: weight of the squared error between the predicted and the real IoU in the loss. The paper has
            no such term (0.0), and without it the scores of a model trained from nothing say nothing.
        initializer_range: standard deviation of the weights that a new model draws.
        vision_checkpoint, text_checkpoint: the SAM and the text checkpoint that the model was built over; `None` for a
            model from nothing. An adapter-only checkpoint is read together with them.
        refsam_checkpoint: instead of these, the RefSAM checkpoint that an adaptation belongs to.
        checkpoint_sha256: of the weights of these checkpoints (`hub.fingerprint`), by `"vision"`, `"text"` and
            `"refsam"`.
        adapter: `None` in a self-contained checkpoint; in an adapter-only one the `"name"` of its adapter, and the
            `"sha256"` of its file of weights.

    Raises:
        ValueError: values that no model can be built from, or sub-configs that do not fit together; they are named.
        StrictDataclassError: of `huggingface_hub`, for a field of another type.
    """

    model_type = "refsam"
    sub_configs: ClassVar[dict[str, Any]] = {
        "vision_config": SamVisionConfig,
        "mask_decoder_config": SamMaskDecoderConfig,
        "text_config": AutoConfig,
    }

    vision_config: Any = None
    mask_decoder_config: Any = None
    text_config: Any = None
    space_adapter: bool = True
    mlp_adapter: bool = True
    adapter_layers: list[int] | tuple[int, ...] | None = None
    adapter_width_ratio: float | int = 0.25
    mlp_adapter_scale: float | int = 0.5
    mlp_hidden_layers: int = 1
    sparse_embeddings: bool = True
    dense_embeddings: str = "hda"
    implicit_tracking: bool = True
    tracking_attention_heads: int = 8
    unit_length: bool = True
    iou_loss_weight: float | int = 0.0
    initializer_range: float = 0.02
    vision_checkpoint: str | None = None
    text_checkpoint: str | None = None
    refsam_checkpoint: str | None = None
    checkpoint_sha256: dict[str, str] | None = None
    adapter: dict[str, str] | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        self.vision_config = _sub_config("vision_config", self.vision_config, SamVisionConfig)
        self.mask_decoder_config = _sub_config("mask_decoder_config", self.mask_decoder_config, SamMaskDecoderConfig)
        kind = self.text_config.get("model_type", "t5") if isinstance(self.text_config, dict) else "t5"
        if kind not in CONFIG_MAPPING:
            raise ValueError(f"text_config: expected a model_type of transformers, got {kind!r}")
        self.text_config = _sub_config("text_config", self.text_config, CONFIG_MAPPING[kind])
        if self.adapter_layers is None:
            depth = self.vision_config.num_hidden_layers
            self.adapter_layers = list(range((depth + 1) // 2, depth))
        super().__post_init__(**kwargs)
        self._check()

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """A configuration from what a `config.json` holds.

        Raises:
            ValueError: a field is of another type or out of range; it is named.
        """
        try:
            return super().from_dict(config_dict, **kwargs)
        except StrictDataclassError as error:  # which is no ValueError; a file of others is bad input like any
            raise ValueError(f"config of a RefSAM: {error}") from error

    @classmethod
    def from_json_file(cls, json_file: str | PathLike[str]) -> Any:
        """As `from_dict`, of a file.

        Raises:
            ValueError: it holds no JSON, or a field of another type or out of range.
        """
        with naming(str(json_file)):
            return cls.from_dict(cls._dict_from_json_file(json_file))

    @property
    def intermediate_layers(self) -> list[int]:
        """Blocks whose outputs are the intermediate embeddings: the global-attention ones without the last."""
        return sorted(self.vision_config.global_attn_indexes)[:-1]

    def _check(self) -> None:
        vision, channels = self.vision_config, self.mask_decoder_config.hidden_size
        if vision.output_channels != channels:
            raise ValueError(
                f"vision_config.output_channels must equal mask_decoder_config.hidden_size ({channels}), "
                f"got {vision.output_channels}"
            )
        if 2 * vision.num_pos_feats != channels:
            raise ValueError(
                f"vision_config.num_pos_feats must be half of mask_decoder_config.hidden_size ({channels // 2}), "
                f"got {vision.num_pos_feats}"
            )
        self._check_blocks("vision_config.global_attn_indexes", vision.global_attn_indexes)
        self._check_blocks("adapter_layers", self.adapter_layers or ())
        if self.dense_embeddings not in DENSE_EMBEDDINGS:
            raise ValueError(f"dense_embeddings must be one of {DENSE_EMBEDDINGS}, got {self.dense_embeddings!r}")
        if self.dense_embeddings == "hda" and not self.intermediate_layers:
            raise ValueError(
                "dense_embeddings='hda' needs at least two global-attention blocks, "
                f"got vision_config.global_attn_indexes={list(vision.global_attn_indexes)}"
            )
        if self.mlp_hidden_layers < 0:
            raise ValueError(f"mlp_hidden_layers must be at least 0, got {self.mlp_hidden_layers}")
        if self.tracking_attention_heads < 1 or channels % self.tracking_attention_heads:
            raise ValueError(
                f"tracking_attention_heads must be at least 1 and divide the {channels} channels, "
                f"got {self.tracking_attention_heads}"
            )
        if self.adapter_width_ratio <= 0:
            raise ValueError(f"adapter_width_ratio must be above 0, got {self.adapter_width_ratio}")

    def _check_blocks(self, name: str, indices: Sequence[int]) -> None:
        depth = self.vision_config.num_hidden_layers
        if len(set(indices)) < len(indices) or not all(0 <= index < depth for index in indices):
            raise ValueError(f"{name} must be different blocks in 0..{depth - 1}, got {list(indices)}")


def _sub_config(name: str, value: Any, config_class: type[PreTrainedConfig]) -> PreTrainedConfig:
    if isinstance(value, PreTrainedConfig):
        return value
    if value is not None and not isinstance(value, dict):
        raise ValueError(f"{name}: expected a {config_class.__name__} or its dict, got {type(value).__name__}")
    return config_class(**(value or {}))
