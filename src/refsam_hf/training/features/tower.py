"""Which tower features are of."""

import hashlib
from typing import Any

from ...evaluation.provenance import weights_sha256
from ..optimizer import ADAPTERS, part_of


def tower_sha256(model: Any) -> str:
    """A hash of all that the frame embeddings of a `RefSamModel` depend on beside the frames.

    That is the tower's weights, those of its adapters among them, and what its config says of how they are used.
    """
    config, vision = model.config, model.config.vision_config
    used = {
        **{name: getattr(vision, name) for name in ("window_size", "global_attn_indexes", "hidden_act")},
        **{name: getattr(vision, name) for name in ("layer_norm_eps", "num_attention_heads", "use_rel_pos")},
        **{name: getattr(config, name) for name in ("intermediate_layers", "mlp_adapter_scale", "unit_length")},
    }
    facts = f"{weights_sha256(model.vision_tower)} {sorted(used.items())}"
    return hashlib.sha256(facts.encode()).hexdigest()


def learning_part(model: Any) -> str | None:
    """The part of a model, "vision_tower" or "adapters", whose learning would change the frame embeddings; None if
    neither learns."""
    for name, parameter in model.named_parameters():
        part = part_of(name)
        if parameter.requires_grad and part in ("vision_tower", ADAPTERS):
            return part
    return None
