"""Tensors that Gloo's threads have still to free: what ends a group of processes at its worst moment."""

import time

import torch
from torch import distributed


class TakesItsTime:
    """On a tensor, it makes the thread that frees the tensor give up Python's lock, and wait for it, meanwhile."""

    def __del__(self) -> None:
        time.sleep(0.05)


def leave_tensors_to_gloo() -> None:
    """What a collective leaves behind on a busy machine, where Gloo's threads have not run since."""
    for _ in range(20):
        tensor = torch.ones(1)
        tensor.takes_its_time = TakesItsTime()  # type: ignore[attr-defined]
        distributed.all_reduce(tensor, async_op=True)
