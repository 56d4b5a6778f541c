import pytest
from transformers.models.sam.modeling_sam import SamVisionEncoder

from refsam_hf.adapters import AdapterLayer, ParallelAdapter, SerialAdapter, inject_adapters


@pytest.fixture
def tower(tiny_config):
    return SamVisionEncoder(tiny_config().vision_config)


def inject(tower, **changes):
    options = {"indices": [1, 3], "hidden_size": 24, "width_ratio": 0.25}
    kinds = {"space_adapter": True, "mlp_adapter": True, "mlp_adapter_scale": 0.5}
    inject_adapters(tower.layers, **{**options, **kinds, **changes})


def adapted(tower):
    return {name for name, module in tower.named_modules() if isinstance(module, AdapterLayer)}


def test_both_adapters_in_the_blocks_asked_for(tower):
    inject(tower)
    assert adapted(tower) == {"layers.1.attn.proj", "layers.1.mlp", "layers.3.attn.proj", "layers.3.mlp"}
    space, mlp = tower.layers[1].attn.proj, tower.layers[1].mlp
    assert isinstance(space, SerialAdapter)
    assert isinstance(mlp, ParallelAdapter)
    assert space.refsam_adapter_down["default"].weight.shape == (6, 24)
    assert mlp.refsam_adapter_up["default"].weight.shape == (24, 6)
    assert (space.refsam_adapter_scale["default"], mlp.refsam_adapter_scale["default"]) == (1.0, 0.5)


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({"mlp_adapter": False}, {"layers.1.attn.proj", "layers.3.attn.proj"}),
        ({"space_adapter": False}, {"layers.1.mlp", "layers.3.mlp"}),
        ({"space_adapter": False, "mlp_adapter": False}, set()),
        ({"indices": []}, set()),
    ],
)
def test_each_can_be_left_out(tower, switches, expected):
    inject(tower, **switches)
    assert adapted(tower) == expected


def test_another_name_and_width(tower):
    inject(tower, adapter_name="ytvos", width_ratio=0.5)
    proj = tower.layers[3].attn.proj
    assert list(proj.refsam_adapter_down) == ["ytvos"]
    assert proj.refsam_adapter_down["ytvos"].weight.shape == (12, 24)
