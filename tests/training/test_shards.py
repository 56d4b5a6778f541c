"""Tensors that may be spread over processes; here one process, which has the only slice."""

import torch
from torch.distributed.tensor import DTensor, Shard, distribute_tensor

from refsam_hf.training.shards import gathered, own_slice, spread_like


def test_whole_tensors_stay_what_they_are():
    tensor = torch.arange(3.0)
    assert gathered(tensor) is tensor
    assert own_slice(tensor) is tensor
    copied = spread_like(tensor, torch.zeros(3))
    assert torch.equal(copied, tensor)
    copied.add_(1)
    assert torch.equal(tensor, torch.arange(3.0))


def test_spread_tensors(mesh):
    whole = torch.arange(6.0).view(3, 2)
    spread = distribute_tensor(torch.zeros(3, 2), mesh, [Shard(0)])
    own_slice(spread).copy_(whole)
    assert torch.equal(gathered(spread), whole), "the slice is no copy"
    assert type(gathered(spread)) is torch.Tensor
    other = spread_like(whole, spread)
    assert isinstance(other, DTensor)
    assert other.placements == spread.placements
    own_slice(other).add_(1)
    assert torch.equal(whole, torch.arange(6.0).view(3, 2))
