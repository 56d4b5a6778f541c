"""Which parameters are trained, and how fast: parts, parameter groups, the schedule."""

import math
from collections.abc import Iterable, Mapping

import torch
from torch import nn

ADAPTERS = "adapters"
PARTS = (
    "vision_tower",
    ADAPTERS,
    "text_encoder",
    "cross_modal_mlp",
    "hierarchical_dense_attention",
    "mask_decoder",
    "implicit_tracking",
)
"""The parts of RefSAM that are trained or frozen as one, in the order of the data."""

_ADAPTER_KINDS = (".refsam_adapter_", ".lora_")
# Tables of positions are kept out of the weight decay like the biases: small values mean nothing there.
_POSITIONS = ("pos_embed", "rel_pos", "relative_attention_bias")


def part_of(parameter_name: str) -> str | None:
    """The part that a parameter of `RefSamModel` belongs to; None where it belongs to no part (SAM's fixed ones)."""
    root = parameter_name.split(".", 1)[0]
    if root == "vision_tower" and any(kind in parameter_name for kind in _ADAPTER_KINDS):
        return ADAPTERS
    return root if root in PARTS else None


def train_parts(model: nn.Module, parts: Iterable[str]) -> None:
    """Lets the parameters of these parts learn, and freezes all others.

    Raises:
        ValueError: if a part is unknown, or the model has no parameters in it.
    """
    wanted = list(parts)
    present = {part_of(name) for name, _ in model.named_parameters()}
    for part in wanted:
        if part not in present:
            known = ", ".join(known for known in PARTS if known in present)
            raise ValueError(f"cannot train the part {part!r}: the parts of this model are {known}")
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(part_of(name) in wanted)


def parameter_groups(
    model: nn.Module, learning_rates: Mapping[str, float], weight_decay: float
) -> list[dict[str, object]]:
    """AdamW's groups: one learning rate per part; norms, biases and embeddings without weight decay.

    Args:
        model: parameters that do not require a gradient are left out.
        learning_rates: of every part that is trained.
        weight_decay: of the matrices.

    Raises:
        ValueError: if nothing is trained, or a trained part has no learning rate.
    """
    embeddings = {
        id(parameter)
        for module in model.modules()
        if isinstance(module, nn.Embedding)
        for parameter in module.parameters(recurse=False)
    }
    groups: dict[tuple[str, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        part = part_of(name)
        if part is None or part not in learning_rates:
            raise ValueError(f"no learning rate for {name} (part {part!r}): learning_rates has {list(learning_rates)}")
        decays = parameter.ndim > 1 and id(parameter) not in embeddings and not any(p in name for p in _POSITIONS)
        groups.setdefault((part, decays), []).append(parameter)
    if not groups:
        raise ValueError("nothing to train: every parameter of the model is frozen")
    return [
        {
            "part": part,
            "params": parameters,
            "lr": learning_rates[part],
            "weight_decay": weight_decay if decays else 0.0,
        }
        for (part, decays), parameters in groups.items()
    ]


def lesson_groups(lessons: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """AdamW's groups of the heads of `lessons.Lessons`, which learn as fast as the Implicit Tracking Module does."""
    heads = [parameter for name, parameter in lessons.named_parameters() if not name.startswith("model.")]
    return [
        {
            "part": "implicit_tracking",
            "params": [head for head in heads if (head.ndim > 1) == decays],
            "weight_decay": weight_decay if decays else 0.0,
        }
        for decays in (True, False)
    ]


def learning_rate_factor(step: int, total_steps: int, warmup_steps: int, floor: float) -> float:
    """What the learning rates are multiplied with at a step: a linear warm-up, then a half cosine down to `floor`."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    progress = min(1.0, (step - warmup_steps) / max(1, total_steps - warmup_steps))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress))


def set_learning_rates(optimizer: torch.optim.Optimizer, learning_rates: Mapping[str, float], factor: float) -> None:
    """Gives every group of `parameter_groups` the learning rate of its part, times a factor."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rates[group["part"]] * factor
