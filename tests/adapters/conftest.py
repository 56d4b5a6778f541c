"""A small RefSAM with adapters of its own, and a plain torch model without any."""

import pytest
import torch
from torch import nn


@pytest.fixture
def masks(tiny_inputs):
    """Mask logits of a RefSAM, whatever is wrapped around it."""

    @torch.no_grad()
    def run(model):
        return model(**tiny_inputs).pred_masks

    return run


@pytest.fixture(scope="session")
def teach():
    """Gives an adapter, and the modules that it brought with it, something to say."""

    @torch.no_grad()
    def change(model, name):
        generator = torch.Generator().manual_seed(3)
        parameters = [p for key, p in model.named_parameters() if f".{name}." in f"{key}."]
        assert parameters
        for parameter in parameters:
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)

    return change


@pytest.fixture(scope="session")
def trained_parts():
    """What an optimizer would change: the names of the trainable parameters, without that of the adapter."""

    def names(model, *parts):
        trainable = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
        return sorted({next((part for part in parts if part in name), name) for name in trainable})

    return names


class PlainBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj, self.out_proj = nn.Linear(12, 16), nn.Linear(16, 12)
        self.mlp = nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.Linear(20, 12))

    def forward(self, x):
        x = x + self.out_proj(torch.tanh(self.q_proj(x)))
        return x + self.mlp(x)


class PlainModel(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.blocks = nn.ModuleList(PlainBlock() for _ in range(depth))
        self.head = nn.Linear(12, 3)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


@pytest.fixture(scope="session")
def plain_model():
    """Makes a torch model that no library knows."""

    def make(depth=2, seed=0):
        torch.manual_seed(seed)
        return PlainModel(depth).eval()

    return make
