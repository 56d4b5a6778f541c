"""The moving average of the weights."""

import copy

import pytest
import torch
from torch.distributed.fsdp import fully_shard

from refsam_hf.training.averaging import WeightAverage


def test_the_average_follows_the_weights_and_is_lent_out():
    model = torch.nn.Linear(1, 1)
    model.bias.requires_grad_(False)
    with torch.no_grad():
        model.weight.fill_(0.0)
        model.bias.fill_(3.0)
    average = WeightAverage(model, decay=0.25)
    expected = 0.0
    for update, weight in enumerate((1.0, 2.0, 4.0, 8.0), start=1):
        with torch.no_grad():
            model.weight.fill_(weight)
        average.update()
        decay = min(0.25, (1 + update) / (10 + update))
        expected = decay * expected + (1 - decay) * weight
    with average.applied():
        assert model.weight.item() == pytest.approx(expected)
        assert model.bias.item() == 3.0
    assert model.weight.item() == 8.0
    with average.applied():
        assert model.weight.item() == pytest.approx(expected), "the first use changed nothing"


def test_the_weights_come_back_after_an_error():
    model = torch.nn.Linear(1, 1)
    before = model.weight.item()
    average = WeightAverage(model, decay=0.9)
    with torch.no_grad():
        model.weight.add_(1.0)
    inside = []

    def fail():
        with average.applied():
            inside.append(model.weight.item())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert inside == [before]
    assert model.weight.item() == pytest.approx(before + 1)


def test_sharded_weights_are_averaged_into_the_copy(mesh):
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    model[0].bias.requires_grad_(False)
    whole = copy.deepcopy(model)
    frozen = whole[0].bias.clone()
    fully_shard(model, mesh=mesh)
    average = WeightAverage(model, 0.9, whole)
    with torch.no_grad():
        start = model[0].weight.full_tensor().clone()
        model[0].weight.add_(1.0)
        model[1].running_mean.add_(5.0)
    average.update()
    with average.applied() as averaged:
        assert averaged is whole
        torch.testing.assert_close(averaged[0].weight, torch.nn.Parameter(start + 1 - 2 / 11))
        assert torch.equal(averaged[0].bias, frozen)
        assert averaged[1].running_mean.tolist() == [5.0] * 3
    assert torch.equal(model[0].weight.full_tensor(), start + 1)


def test_a_model_that_is_whole_is_lent_itself():
    model = torch.nn.Linear(1, 1)
    with WeightAverage(model, 0.9).applied() as averaged:
        assert averaged is model
