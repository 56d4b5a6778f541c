"""One optimizer step: the same loss and gradient however its clips are spread over batches and processes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from accelerate.utils import send_to_device  # type: ignore[import-untyped]
from torch import Tensor

from .batches import Batch
from .shards import gathered


class TrainingDivergedError(RuntimeError):
    """The loss or its gradient is no longer a number.

    Attributes:
        batch: which of the step's batches gave the loss; None for the gradient, which is that of all of them.
    """

    def __init__(self, message: str, batch: int | None = None) -> None:
        super().__init__(message)
        self.batch = batch


@dataclass
class StepResult:
    """What a step gave, on one process.

    Attributes:
        loss: scalar, this process's part of the loss of the step: the sum over the processes is the loss.
        grad_norm: of all processes' gradient, before it was clipped.
        pred_masks, labels: of the last batch, (B, E, T, h, w) logits and (B, E, T, H, W).
    """

    loss: Tensor
    grad_norm: float
    pred_masks: Tensor
    labels: Tensor


def take_step(
    accelerator: Any, model: Any, optimizer: Any, batches: Sequence[Batch], max_grad_norm: float
) -> StepResult:
    """Forward and backward through the batches of a step, and the step.

    RefSAM's loss is the mean over the frames of the expressions that are no padding, and batches differ in how many
    they have: the mean of their means would depend on how the clips were dealt out. So each batch counts for as much
    as it has, of all that the step has; likewise in the lessons, for as much as each has to ask of it.

    Args:
        accelerator: an `Accelerator` with as many `gradient_accumulation_steps` as there are batches.
        model, optimizer: prepared by it; the model is a `Lessons`.
        batches: of this process, moved to its device here; what the model takes.
        max_grad_norm: to which the gradient is clipped.

    Raises:
        TrainingDivergedError: the loss of a batch or the gradient is no number; the weights are as they were.
    """
    lessons = accelerator.unwrap_model(model)
    amounts = torch.stack([lessons.amounts(batch) for batch in batches]).to(accelerator.device)  # (batches, P, 2)
    total = accelerator.reduce(amounts.sum(dim=0), reduction="sum")
    all_shares = (amounts.amax(dim=-1) / total.amax(dim=-1).clamp(min=1e-6)).tolist()  # (batches, P)
    loss = torch.zeros((), device=accelerator.device)
    for number, (cpu_batch, shares) in enumerate(zip(batches, all_shares, strict=True)):
        batch = send_to_device(cpu_batch, accelerator.device, non_blocking=True)
        with accelerator.accumulate(model):
            with accelerator.autocast():  # which wraps the model itself, too, except with FSDP
                output = model(**batch, shares=shares)
            if not torch.isfinite(output.loss):
                raise TrainingDivergedError(f"the loss is {output.loss.item()}", number)
            loss += output.loss.detach()
            # backward divides by the number of batches, and DDP or FSDP by that of the processes
            accelerator.backward(output.loss * len(batches) * accelerator.num_processes)
            if accelerator.sync_gradients:
                grad_norm = float(gathered(accelerator.clip_grad_norm_(model.parameters(), max_grad_norm)))
                # with fp16, the scaler skips a step whose gradient overflows
                if accelerator.scaler is None and not math.isfinite(grad_norm):
                    raise TrainingDivergedError(f"the norm of the gradient is {grad_norm}")
            optimizer.step()
            optimizer.zero_grad()
    return StepResult(loss, grad_norm, output.pred_masks, batch["labels"])
