import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from refsam_hf.adapters.base import TOLERANCE, check_base, describe_base, signature


@pytest.fixture
def model(plain_model):
    return plain_model()


def test_what_is_written_down(model):
    assert describe_base(model, ["blocks.1.mlp"]) == {
        "blocks.1.mlp": {
            "in_features": 12,
            "out_features": 12,
            "depths": {"blocks": 2},
            "signature": signature(model.blocks[1].mlp),
        }
    }
    assert describe_base(model, ["blocks.0.mlp.2"])["blocks.0.mlp.2"]["depths"] == {"blocks": 2, "blocks.0.mlp": 3}
    assert describe_base(nn.Sequential(nn.Linear(2, 2)), ["0"])["0"]["depths"] == {"": 1}


def test_the_same_base(model, plain_model):
    description = describe_base(model, ["blocks.0.q_proj", "blocks.1.mlp", "head"])
    check_base(plain_model(), description)
    check_base(plain_model().to(torch.bfloat16), description)
    check_base(plain_model().to("meta"), description)  # of which nobody knows the weights yet


def test_another_base(model, plain_model):
    description = describe_base(model, ["blocks.0.q_proj", "blocks.1.mlp"])
    with pytest.raises(ValueError, match="for a depth of 2 in blocks, PlainModel has 3"):
        check_base(plain_model(depth=3), description)
    with pytest.raises(ValueError, match=r"blocks\.0\.q_proj has other weights in this PlainModel \(signature .* got"):
        check_base(plain_model(seed=1), description)
    with pytest.raises(ValueError, match=r"for a module blocks\.0\.q_proj, Linear has none"):
        check_base(nn.Linear(2, 2), description)
    other = plain_model()
    other.blocks[1].mlp[2] = nn.Linear(20, 13)
    with pytest.raises(ValueError, match=r"for blocks\.1\.mlp with out_features=12, PlainModel has 13"):
        check_base(other, description)
    other.blocks[0].q_proj = nn.Conv1d(2, 2, 1)
    with pytest.raises(ValueError, match=r"blocks\.0\.q_proj is a Conv1d"):
        check_base(other, description)


def test_signatures_tell_weights_apart_and_not_precisions():
    torch.manual_seed(0)
    layers = [nn.Linear(64, 64) for _ in range(40)]
    signatures = torch.tensor([signature(layer) for layer in layers])
    assert 0.7 < signatures.std() < 1.3
    for dtype in (torch.float16, torch.bfloat16):
        rounded = torch.tensor([signature(layer.to(dtype)) for layer in layers])
        assert (rounded - signatures).abs().max() < TOLERANCE / 5
    apart = (signatures[:, None] - signatures).abs()[~torch.eye(40, dtype=torch.bool)]
    assert (apart > TOLERANCE).float().mean() > 0.93


def test_signatures_that_cannot_be_known():
    assert signature(nn.Linear(3, 3, device="meta")) is None
    quantised = nn.Linear(3, 3)
    quantised.weight = nn.Parameter(torch.ones(3, 3, dtype=torch.uint8), requires_grad=False)
    assert signature(quantised) is None
    empty = nn.Linear(3, 3)
    empty.weight = nn.Parameter(torch.empty(0))
    assert signature(empty) is None
    assert signature(nn.Identity()) == 0.0


class WithoutFloat64(TorchFunctionMode):
    """As on a device of Apple: what was not moved to the CPU is never a float64."""

    def __init__(self):
        super().__init__()
        self.on_cpu = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is torch.Tensor.double and not any(args[0] is tensor for tensor in self.on_cpu):
            raise TypeError("the device has no float64")
        output = function(*args, **(kwargs or {}))
        if function is torch.Tensor.cpu:
            self.on_cpu.append(output)
        return output


def test_signatures_on_a_device_without_float64():
    layer = nn.Linear(3, 3)
    expected = signature(layer)
    with WithoutFloat64():
        assert signature(layer) == expected
