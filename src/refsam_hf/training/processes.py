"""What one of several processes does for all of them."""

from collections.abc import Callable
from typing import Any, TypeVar

from accelerate.utils import broadcast_object_list, parse_flag_from_env  # type: ignore[import-untyped]

from .sharding import check_sharding

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


def check_processes(accelerator: Any, sharded: bool = True) -> None:
    """That the processes are of a kind that training knows: each with the whole model, or with shards of it by FSDP2.

    Args:
        accelerator: an `Accelerator`.
        sharded: whether this training knows shards.

    Raises:
        ValueError: Accelerate was configured for DeepSpeed or the like, for FSDP with an option that is not supported,
            or for FSDP where there is no GPU.
    """
    kind = accelerator.distributed_type.value
    if not sharded and (kind == "FSDP" or parse_flag_from_env("ACCELERATE_USE_FSDP")):
        raise ValueError("accelerate: expected processes that each hold the whole model, got FSDP")
    if kind == "FSDP":
        check_sharding(accelerator)
    elif kind != "NO" and not kind.startswith("MULTI_"):
        raise ValueError(
            "accelerate: expected processes that each hold the whole model, or FSDP "
            f"(--use_fsdp --fsdp_version 2), got {kind}"
        )
    elif parse_flag_from_env("ACCELERATE_USE_FSDP"):
        raise ValueError(f"accelerate: expected GPUs for FSDP, got {accelerator.device}: it would shard nothing there")
