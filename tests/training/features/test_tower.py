"""Which tower features are of: whatever changes them changes the hash, and nothing else does."""

import pytest
import torch

from refsam_hf.training.adaptation import AdaptationConfig, adapt
from refsam_hf.training.features.tower import learning_part, tower_sha256
from refsam_hf.training.optimizer import train_parts


@torch.no_grad()
def test_the_hash_is_that_of_the_tower(tiny_model):
    model = tiny_model()
    before = tower_sha256(model)
    model.mask_decoder.iou_token.weight.add_(1)
    train_parts(model, ["vision_tower"])
    assert tower_sha256(model) == before
    assert tower_sha256(tiny_model(unit_length=False)) != before
    adapter = next(weight for name, weight in model.named_parameters() if "refsam_adapter_" in name)
    for weight in (model.vision_tower.pos_embed, adapter):
        weight.view(-1)[0] += 1e-3
        assert tower_sha256(model) != before
        weight.view(-1)[0] -= 1e-3


@pytest.mark.parametrize(
    ("parts", "learns"),
    [(["mask_decoder"], None), (["adapters", "mask_decoder"], "adapters"), (["vision_tower"], "vision_tower")],
)
def test_what_learns(tiny_model, parts, learns):
    model = tiny_model()
    train_parts(model, parts)
    assert learning_part(model) == learns


@pytest.mark.parametrize("method", ["adapters", "lora"])
def test_an_adaptation_of_the_tower_learns(tiny_model, method):
    model = tiny_model()
    adapt(model, AdaptationConfig(method))
    assert learning_part(model) == "adapters"
