"""What RefSAM takes over from a SAM, wherever that comes from."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig

from ..adapters import AdapterLayer


@dataclass(frozen=True)
class SamBackbone:
    """SAM's vision encoder, mask decoder, position embedding and `no_mask_embed`.

    Fields:
        name: the checkpoint, for errors.
        vision_config: a `SamVisionConfig`.
        mask_decoder_config: a `SamMaskDecoderConfig`.
        weights: under the names that [`RefSamModel`] has for them, as if no adapter wrapped a layer.
    """

    name: str
    vision_config: PreTrainedConfig
    mask_decoder_config: PreTrainedConfig
    weights: dict[str, Tensor]


@torch.no_grad()
def load_weights(model: nn.Module, weights: dict[str, Tensor], source: str) -> None:
    """Loads some weights of a model, under names that know of no adapter around a layer.

    Raises:
        ValueError: the model has no place for one of them, or one of another shape.
    """
    placed = {base_layer_key(model, name): value for name, value in weights.items()}
    try:
        unexpected = model.load_state_dict(placed, strict=False).unexpected_keys
    except RuntimeError as error:
        raise ValueError(f"{source}: expected weights of the model's shapes: {error}") from error
    if unexpected:
        raise ValueError(f"{source}: expected only weights that RefSAM has a place for, got {sorted(unexpected)}")


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
            rest = ".".join(parts[end:])
            return key if rest.startswith("refsam_adapter_") else f"{prefix}.base_layer.{rest}"
    return key
