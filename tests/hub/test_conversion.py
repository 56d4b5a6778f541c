import pytest
import torch

from refsam_hf.hub.conversion import (
    CROSS_MODAL_MLP_RULES,
    IMPLICIT_TRACKING_RULES,
    MASK_DECODER_RULES,
    PROMPT_ENCODER_RULES,
    VISION_ENCODER_RULES,
    convert_names,
    official_name,
    our_name,
)
from refsam_hf.modules import RefSamVisionTower


def test_official_names_become_ours():
    official = {
        "pos_embed": 0,
        "patch_embed.proj.weight": 1,
        "blocks.2.attn.qkv.bias": 2,
        "blocks.2.attn.rel_pos_h": 3,
        "blocks.2.norm1.weight": 4,
        "blocks.2.mlp.lin2.weight": 5,
        "neck.2.weight": 6,
        "blocks.10.MLP_Adapter.D_fc1.bias": 7,
        "blocks.10.mlp.lin1.weight": 8,
        "blocks.10.Space_Adapter.D_fc2.weight": 9,
        "blocks.10.attn.proj.weight": 10,
        "blocks.10.attn.qkv.weight": 11,
    }
    assert convert_names(official, VISION_ENCODER_RULES) == {
        "pos_embed": 0,
        "patch_embed.projection.weight": 1,
        "layers.2.attn.qkv.bias": 2,
        "layers.2.attn.rel_pos_h": 3,
        "layers.2.layer_norm1.weight": 4,
        "layers.2.mlp.lin2.weight": 5,
        "neck.conv2.weight": 6,
        "layers.10.mlp.refsam_adapter_down.default.bias": 7,
        "layers.10.mlp.lin1.weight": 8,
        "layers.10.attn.proj.refsam_adapter_up.default.weight": 9,
        "layers.10.attn.proj.weight": 10,
        "layers.10.attn.qkv.weight": 11,
    }


def test_one_block_is_not_taken_for_another():
    """`blocks.1` is where `blocks.10` begins, too."""
    official = {"blocks.1.MLP_Adapter.D_fc1.bias": 0, "blocks.1.mlp.lin1.bias": 1, "blocks.10.mlp.lin1.bias": 2}
    assert convert_names(official, VISION_ENCODER_RULES) == {
        "layers.1.mlp.refsam_adapter_down.default.bias": 0,
        "layers.1.mlp.lin1.bias": 1,
        "layers.10.mlp.lin1.bias": 2,
    }


def test_an_encoder_without_adapters_fits_a_tower_without(tiny_config):
    tower = RefSamVisionTower(tiny_config(space_adapter=False, mlp_adapter=False))
    names = {"projection": "proj", "layers": "blocks", "layer_norm1": "norm1", "layer_norm2": "norm2"}
    necks = {"conv1": "0", "layer_norm1": "1", "conv2": "2", "layer_norm2": "3"}
    official = {}
    for name, value in tower.state_dict().items():
        known = necks if name.startswith("neck.") else names
        official[".".join(known.get(part, part) for part in name.split("."))] = value
    converted = convert_names(official, VISION_ENCODER_RULES)
    assert converted.keys() == tower.state_dict().keys()
    assert all(torch.equal(converted[name], value) for name, value in tower.state_dict().items())


@pytest.mark.parametrize("rules", [VISION_ENCODER_RULES, IMPLICIT_TRACKING_RULES])
def test_unknown_names_are_named(rules):
    unknown = {"decoder.c": torch.zeros(1), "a.b": torch.zeros(1), "pos_embed_2": torch.zeros(1)}
    with pytest.raises(ValueError, match=r"names of the official module, got \['a.b', 'decoder.c', 'pos_embed_2'\]"):
        convert_names(unknown, rules)


@pytest.mark.parametrize(
    "rules",
    [VISION_ENCODER_RULES, MASK_DECODER_RULES, PROMPT_ENCODER_RULES, CROSS_MODAL_MLP_RULES, IMPLICIT_TRACKING_RULES],
)
def test_names_go_both_ways(rules):
    for rule, _ in rules:
        name = rule.replace("#", "12").replace("*", "a.b")
        ours = our_name(name, rules)
        assert ours is not None
        assert official_name(ours, rules) == name


@pytest.mark.parametrize("name", ["blocks.0.layer_norm1.weight", "blocks.3.attn.proj.refsam_adapter_up.default.bias"])
def test_a_name_of_ours_is_no_official_one(name):
    assert our_name(name, VISION_ENCODER_RULES) is None
