"""What one of several processes does for all of them."""

from collections.abc import Callable
from typing import Any, TypeVar

from accelerate.utils import broadcast_object_list  # type: ignore[import-untyped]

Result = TypeVar("Result")


def on_main(accelerator: Any, function: Callable[[], Result]) -> Result:
    """Calls a function on the main process, and gives its result to all; they wait for it.

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
