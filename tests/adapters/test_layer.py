import pytest
import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import nn
from torch.nn.functional import gelu, linear

from refsam_hf.adapters import AdapterLayer, ParallelAdapter, SerialAdapter


class Block(nn.Module):
    """A base layer without a `weight`, like SAM's MLP."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer = nn.Linear(12, 20), nn.Linear(20, 12)

    def forward(self, hidden_states):
        return self.outer(gelu(self.inner(hidden_states)))


@pytest.fixture(params=[SerialAdapter, ParallelAdapter])
def layer(request):
    torch.manual_seed(0)
    layer = request.param(Block(), 12)
    layer.update_layer("default", 5, scale=0.5)
    return layer


@pytest.fixture
def hidden_states():
    return torch.randn(2, 3, 12, generator=torch.Generator().manual_seed(1))


def teach(layer, name="default"):
    """Gives an adapter, which starts as the identity, something to say."""
    for parameters in (layer.refsam_adapter_down[name], layer.refsam_adapter_up[name]):
        for parameter in parameters.parameters():
            nn.init.normal_(parameter, std=0.5)


def bottleneck(layer, x, name="default"):
    down, up = layer.refsam_adapter_down[name], layer.refsam_adapter_up[name]
    return linear(gelu(linear(x, down.weight, down.bias)), up.weight, up.bias)


def test_it_starts_as_the_identity(layer, hidden_states):
    assert torch.equal(layer(hidden_states), layer.base_layer(hidden_states))
    assert layer.refsam_adapter_down["default"].weight.std() > 0  # or nothing would ever be learned


def test_the_serial_adapter_stands_behind_its_layer(hidden_states):
    layer = SerialAdapter(Block(), 12)
    layer.update_layer("default", 5, scale=1.0)
    teach(layer)
    a = layer.base_layer(hidden_states)
    torch.testing.assert_close(layer(hidden_states), a + bottleneck(layer, a))


def test_the_parallel_adapter_stands_beside_its_layer(hidden_states):
    layer = ParallelAdapter(Block(), 12)
    layer.update_layer("default", 5, scale=0.5)
    teach(layer)
    expected = layer.base_layer(hidden_states) + 0.5 * bottleneck(layer, hidden_states)
    torch.testing.assert_close(layer(hidden_states), expected)


def test_adapters_can_be_disabled(layer, hidden_states):
    teach(layer)
    assert not torch.allclose(layer(hidden_states), layer.base_layer(hidden_states))
    layer.enable_adapters(False)
    assert torch.equal(layer(hidden_states), layer.base_layer(hidden_states))
    assert not layer.refsam_adapter_up["default"].weight.requires_grad
    layer.enable_adapters(True)
    assert not torch.allclose(layer(hidden_states), layer.base_layer(hidden_states))
    assert layer.refsam_adapter_up["default"].weight.requires_grad


def test_several_adapters_are_switched(layer, hidden_states):
    teach(layer)
    first = layer(hidden_states)
    layer.update_layer("other", 7, scale=0.5)
    assert torch.equal(layer(hidden_states), first)  # a new adapter is there, but not active
    assert not layer.refsam_adapter_down["other"].weight.requires_grad
    teach(layer, "other")
    assert torch.equal(layer(hidden_states), first)

    layer.set_adapter("other")
    second = layer(hidden_states)
    assert (second - first).abs().max() > 0.1
    assert layer.refsam_adapter_down["other"].weight.requires_grad
    assert not layer.refsam_adapter_down["default"].weight.requires_grad

    layer.set_adapter("default")
    assert torch.equal(layer(hidden_states), first)


def test_an_active_adapter_that_a_layer_lacks_is_passed_over(layer, hidden_states):
    teach(layer)
    layer._active_adapter = ["elsewhere"]
    assert torch.equal(layer(hidden_states), layer.base_layer(hidden_states))


def test_it_cannot_be_merged(layer):
    with pytest.raises(NotImplementedError, match="cannot be merged"):
        layer.merge()
    with pytest.raises(NotImplementedError, match="never merged"):
        layer.unmerge()
    assert not layer.merged


def test_it_is_a_layer_of_a_peft_tuner(layer):
    assert isinstance(layer, BaseTunerLayer)
    assert isinstance(layer.get_base_layer(), Block)
    containers = [*AdapterLayer.adapter_layer_names, *AdapterLayer.other_param_names]
    # transformers maps the keys of an adapter's checkpoint by this beginning
    assert all(name.startswith("refsam_adapter_") for name in containers)
    assert all("default" in getattr(layer, name) for name in containers)
    own = {name for name, _ in layer.named_parameters() if not name.startswith("base_layer.")}
    assert own == {f"refsam_adapter_{place}.default.{kind}" for place in ("down", "up") for kind in ("weight", "bias")}


def test_an_adapter_without_a_width_is_refused(layer):
    with pytest.raises(ValueError, match="width must be at least 1, got 0"):
        layer.update_layer("flat", 0, scale=1.0)
    assert "flat" not in layer.refsam_adapter_down


def test_an_adapter_has_its_layers_dtype_and_device():
    layer = SerialAdapter(Block().to(torch.float64), 12)
    layer.update_layer("default", 5, scale=1.0)
    assert layer.refsam_adapter_down["default"].weight.dtype == torch.float64
    layer = SerialAdapter(Block().to("meta"), 12)
    layer.update_layer("default", 5, scale=1.0)
    assert layer.refsam_adapter_up["default"].weight.device.type == "meta"


def test_a_float32_adapter_on_a_layer_in_half_precision(layer, hidden_states):
    teach(layer)
    expected = layer(hidden_states)
    layer.base_layer.to(torch.bfloat16)
    output = layer(hidden_states.to(torch.bfloat16))
    assert output.dtype == torch.bfloat16
    torch.testing.assert_close(output.float(), expected, atol=0.1, rtol=0.05)


def test_a_fresh_adapter_may_start_anywhere_or_as_a_copy(layer, hidden_states):
    teach(layer)
    expected = layer(hidden_states)
    layer.update_layer("copy", 5, scale=0.5, init_weights="default")
    layer.set_adapter("copy")
    assert torch.equal(layer(hidden_states), expected)
    teach(layer, "copy")
    layer.set_adapter("default")
    assert torch.equal(layer(hidden_states), expected)
    layer.update_layer("random", 5, scale=0.5, init_weights=False)
    layer.set_adapter("random")
    assert not torch.equal(layer(hidden_states), layer.base_layer(hidden_states))
    layer.update_layer("elsewhere", 5, scale=0.5, init_weights="of another layer")
    layer.set_adapter("elsewhere")
    assert torch.equal(layer(hidden_states), layer.base_layer(hidden_states))
    with pytest.raises(ValueError, match="starts as 'default' must have its width, 5, got 6"):
        layer.update_layer("wider", 6, scale=0.5, init_weights="default")
    assert "wider" not in layer.refsam_adapter_down


def test_what_was_frozen_before_it_was_disabled_is_frozen_after(layer):
    layer.set_adapter("default", inference_mode=True)
    layer.enable_adapters(False)
    layer.enable_adapters(True)
    assert not layer.refsam_adapter_up["default"].weight.requires_grad
    layer.update_layer("other", 5, scale=0.5)
    assert not layer.refsam_adapter_up["default"].weight.requires_grad


def test_a_parallel_adapter_between_two_widths(hidden_states):
    layer = ParallelAdapter(nn.Linear(12, 7), 12, 7)
    layer.update_layer("default", 5, scale=0.5)
    teach(layer)
    expected = layer.base_layer(hidden_states) + 0.5 * bottleneck(layer, hidden_states)
    torch.testing.assert_close(layer(input=hidden_states), expected)  # by whatever keyword


class Masked(nn.Linear):
    def forward(self, hidden_states, attention_mask=None):
        return super().forward(hidden_states) * attention_mask


class Passing(Masked):
    def forward(self, **kwargs):
        return super().forward(**kwargs)


def test_what_a_parallel_adapter_takes_of_inputs_by_name(hidden_states):
    """What its layer takes first, wherever it stands in the call."""
    mask = torch.full((2, 3, 12), 0.5)
    layer = ParallelAdapter(Masked(12, 12), 12)
    layer.update_layer("default", 5, scale=0.5)
    teach(layer)
    expected = layer.base_layer(hidden_states, mask) + 0.5 * bottleneck(layer, hidden_states)
    torch.testing.assert_close(layer(attention_mask=mask, hidden_states=hidden_states), expected)
    layer.base_layer.__class__ = Passing
    with pytest.raises(ValueError, match=r"Passing: expected its first input, .* got attention_mask, hidden_states"):
        layer(attention_mask=mask, hidden_states=hidden_states)


def test_adapters_move_to_where_the_base_layer_is(layer):
    layer.base_layer.to(torch.float64)
    layer._move_adapter_to_device_of_base_layer("default")
    assert layer.refsam_adapter_down["default"].weight.dtype == torch.float64
    layer._move_adapter_to_device_of_base_layer("default", torch.device("meta"))
    assert layer.refsam_adapter_up["default"].weight.device.type == "meta"


def test_on_a_quantised_layer_an_adapter_is_in_full_precision():
    base = nn.Linear(12, 12)
    base.weight = nn.Parameter(torch.zeros(12, 12, dtype=torch.uint8), requires_grad=False)
    layer = SerialAdapter(base, 12)
    layer.update_layer("default", 5, scale=1.0)
    assert layer.refsam_adapter_down["default"].weight.dtype == torch.float32
