import re

import pytest
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers.models.sam.modeling_sam import SamVisionEncoder
from transformers.pytorch_utils import Conv1D

from refsam_hf.adapters.targets import features, plain_modules, tower_targets


@pytest.fixture(scope="module")
def model(tiny_model):
    return tiny_model(space_adapter=False, mlp_adapter=False)


def matched(model, pattern):
    return [name for name, _ in model.named_modules() if re.fullmatch(pattern, name)]


def test_the_paper_s_places(model):
    every, parallel = tower_targets(model, None, space=True, mlp=True)
    places = [f"vision_tower.layers.{index}.{place}" for index in (2, 3) for place in ("attn.proj", "mlp")]
    assert matched(model, every) == places
    assert matched(model, parallel) == places[1::2]


def test_other_blocks_and_one_of_the_two(model):
    every, parallel = tower_targets(model, [3, 0], space=False, mlp=True)
    assert matched(model, every) == [f"vision_tower.layers.{index}.mlp" for index in (0, 3)]
    assert matched(model, parallel) == matched(model, every)
    every, parallel = tower_targets(model, [1], space=True, mlp=False)
    assert (matched(model, every), parallel) == (["vision_tower.layers.1.attn.proj"], None)


def test_a_bare_tower_and_an_odd_depth(tiny_config):
    tower = SamVisionEncoder(tiny_config(vision_config={"num_hidden_layers": 5}).vision_config)
    every, _ = tower_targets(tower, None, space=True, mlp=False)
    assert matched(tower, every) == ["layers.3.attn.proj", "layers.4.attn.proj"]


@pytest.mark.parametrize("blocks", [[], [4], [-1, 2]])
def test_blocks_that_are_not_there(model, blocks):
    with pytest.raises(ValueError, match=re.escape(f"blocks in 0..3 of vision_tower, got {blocks}")):
        tower_targets(model, blocks, space=True, mlp=True)


def test_no_tower_and_nothing_to_adapt(model):
    with pytest.raises(ValueError, match="Linear has no SAM vision tower"):
        tower_targets(nn.Linear(2, 2), None, space=True, mlp=True)
    with pytest.raises(ValueError, match="expected something to adapt"):
        tower_targets(model, None, space=False, mlp=False)


@pytest.mark.parametrize(
    ("module", "widths"),
    [
        (nn.Linear(3, 5), (3, 5)),
        (Conv1D(5, 3), (3, 5)),
        (nn.Sequential(nn.LayerNorm(3), nn.Linear(3, 7), nn.GELU(), nn.Linear(7, 5)), (3, 5)),
        (nn.Sequential(nn.Sequential(nn.Linear(3, 7)), nn.Linear(7, 5)), (3, 5)),
    ],
)
def test_widths(module, widths):
    assert features("it", module) == widths


def test_widths_of_what_is_adapted_already():
    model = nn.Sequential(nn.Sequential(nn.Linear(3, 7), nn.Linear(7, 5)))
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["1"])).base_model.model
    assert features("0", adapted[0]) == (3, 5)
    assert [type(part) for part in plain_modules(adapted[0])] == [nn.Sequential, nn.Linear, nn.Linear]


def test_what_has_no_width():
    with pytest.raises(ValueError, match=r"conv is a Conv2d: expected an nn\.Linear or a block"):
        features("conv", nn.Conv2d(3, 3, 1))
