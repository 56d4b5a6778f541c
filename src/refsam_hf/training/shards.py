"""Tensors that may be spread over processes, as FSDP's parameters are: each has a slice of their first axis."""

from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor


def gathered(tensor: Tensor) -> Tensor:
    """The whole of it, on every process; of a spread one, all have to ask at the same time."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def own_slice(tensor: Tensor) -> Tensor:
    """What this process has of it, in the same memory."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def spread_like(whole: Tensor, tensor: Tensor) -> Tensor:
    """A copy of a whole tensor, on the device of another and spread as that is; all have to do it at the same time."""
    whole = whole.to(tensor.device, copy=True)
    if isinstance(tensor, DTensor):
        return distribute_tensor(whole, tensor.device_mesh, tensor.placements)
    return whole
