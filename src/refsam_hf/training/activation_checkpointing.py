"""Activation checkpointing: less memory, more time."""

from typing import Any


def checkpoint_activations(model: Any, use_reentrant: bool = False) -> None:
    """Lets the blocks of a model of transformers be computed again in the backward pass, in place of being kept.

    Args:
        use_reentrant: as in `torch.utils.checkpoint.checkpoint`.
    """
    # transformers knows the first name since 5.18 or later, and drops the second in 6
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": use_reentrant})
