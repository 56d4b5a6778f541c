"""What one of several processes does for all of them."""

from collections.abc import Callable
from typing import Any, TypeVar

from accelerate.utils import broadcast_object_list  # type: ignore[import-untyped]

Result = TypeVar("Result")


def on_main(accelerator: Any, function: Callable[[], Result]) -> Result:
    """Calls a function on the main process, and gives its result to all; they wait for it.

    Args:
        accelerator: an `Accelerator`, or a `PartialState`.

    Raises:
        ValueError, OSError: what it raised there, on all processes: none of them waits for one that has given up.
    """
    outcome: list[Any] = [None, None]
    if accelerator.is_main_process:
        try:
            outcome[0] = function()
        except (ValueError, OSError) as error:
            outcome[1] = error
    broadcast_object_list(outcome)
    if outcome[1] is not None:
        raise outcome[1]
    result: Result = outcome[0]
    return result


def check_processes(accelerator: Any) -> None:
    """That every process has the whole model: nothing here gathers one whose weights are spread.

    Raises:
        ValueError: Accelerate was configured for FSDP, DeepSpeed or the like.
    """
    kind = accelerator.distributed_type.value
    if kind != "NO" and not kind.startswith("MULTI_"):
        raise ValueError(
            f"accelerate: expected processes that each hold the whole model, got {kind}; choose multi-GPU without "
            "sharding, and gradient_checkpointing or a smaller batch_size for less memory"
        )
