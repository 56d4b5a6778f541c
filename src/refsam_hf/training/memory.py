"""Less memory for more time."""

from typing import Any


def recompute_activations(model: Any) -> None:
    """Non-reentrant gradient checkpointing of all blocks that have it: in the backward pass they run once more."""
    model.activation_checkpointing_enable({"use_reentrant": False})
    if model.added_adapters():
        # transformers asks for gradients of the inputs then, which only reentrant checkpoints need: frozen blocks in
        # front of the first adapter would build a graph
        model.disable_input_require_grads()
