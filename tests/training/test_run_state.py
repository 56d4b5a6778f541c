"""What a training has learned, as tensors and back."""

import copy

import pytest
import torch
from torch import nn

from refsam_hf.training.averaging import WeightAverage
from refsam_hf.training.run_state import RunState


def learner(width=3):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width), nn.Linear(width, 2), nn.Linear(4, 2))
    module[2].weight.requires_grad_(False)
    return module


def make(width=3):
    module = learner(width)
    optimizer = torch.optim.AdamW([p for p in module.parameters() if p.requires_grad], lr=0.1)
    return RunState(module, WeightAverage(module, 0.9), optimizer)


def train(state, steps):
    """The last layer is not used, and gets no memory in the optimizer."""
    losses = []
    for step in range(steps):
        generator = torch.Generator().manual_seed(step)
        loss = state.learner[:3](torch.randn(5, 4, generator=generator)).square().mean()
        loss.backward()
        state.optimizer.step()
        state.optimizer.zero_grad()
        state.average.update()
        losses.append(loss.item())
    return losses


def test_training_goes_on_as_if_nothing_had_happened():
    state, other = make(), make()
    train(state, 3)
    stored = copy.deepcopy(state.tensors())
    expected = train(state, 3)
    other.load(stored)
    other.average.updates = 3
    assert train(other, 3) == expected
    for name, tensors in state.tensors().items():
        assert set(tensors) == set(other.tensors()[name])
        for key, tensor in tensors.items():
            assert torch.equal(tensor, other.tensors()[name][key]), key


def test_only_what_changes_is_stored():
    state = make()
    train(state, 1)
    stored = state.tensors()
    assert "2.weight" not in stored["weights"]
    assert "1.running_mean" in stored["weights"]
    assert set(stored["average"]) == {name for name, p in state.learner.named_parameters() if p.requires_grad}
    assert {"0.weight.exp_avg", "0.weight.exp_avg_sq", "0.weight.step"} <= set(stored["optimizer"])
    assert not any(name.startswith("3.") for name in stored["optimizer"])


def test_what_is_loaded_is_not_shared():
    state, other = make(), make()
    train(state, 1)
    stored = state.tensors()
    other.load(stored)
    before = copy.deepcopy(stored)
    train(other, 2)
    assert all(torch.equal(before["optimizer"][name], tensor) for name, tensor in stored["optimizer"].items())


def test_the_sum_of_what_is_frozen():
    state, other = make(), make()
    train(other, 1)
    assert state.sum_of_frozen() == other.sum_of_frozen()
    with torch.no_grad():
        other.learner[2].weight[0, 0] += 1e-6
    assert state.sum_of_frozen() != other.sum_of_frozen()


def test_other_weights_are_refused_before_anything_changes():
    state = make()
    train(state, 1)
    before = copy.deepcopy(state.tensors())
    others = {}
    for what in ("missing", "unknown", "memory of what is unknown"):
        others[what] = copy.deepcopy(before)
    del others["missing"]["weights"]["0.bias"]
    others["unknown"]["average"]["9.bias"] = torch.zeros(1)
    others["memory of what is unknown"]["optimizer"]["9.bias.exp_avg"] = torch.zeros(1)
    messages = {
        "missing": "weights: expected the weights that are trained, these are missing: 0.bias",
        "unknown": "average: expected the weights that are trained, got also 9.bias",
        "memory of what is unknown": "optimizer: expected the weights that are trained, got also 9.bias",
    }
    for what, stored in others.items():
        with pytest.raises(ValueError, match=messages[what]):
            state.load(stored)
    wide = make(width=5)
    with pytest.raises(ValueError, match=r"expected 0.weight of shape \(3, 4\), got \(5, 4\)"):
        state.load(wide.tensors())
    for name, tensors in state.tensors().items():
        assert all(torch.equal(tensor, before[name][key]) for key, tensor in tensors.items())
