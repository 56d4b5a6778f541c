"""Parts, groups and the schedule."""

import copy
import itertools

import pytest
import torch

from refsam_hf.training.lessons import Lessons
from refsam_hf.training.optimizer import (
    PARTS,
    learning_rate_factor,
    lesson_groups,
    parameter_groups,
    part_of,
    set_learning_rates,
    train_parts,
)

RATES = {part: 10.0**-place for place, part in enumerate(PARTS, start=1)}


@pytest.fixture
def model(model_and_processor):
    return copy.deepcopy(model_and_processor[0])


def names_in(model, groups, **wanted):
    name_of = {id(parameter): name for name, parameter in model.named_parameters()}
    return [
        name_of[id(parameter)]
        for group in groups
        if all(group[key] == value for key, value in wanted.items())
        for parameter in group["params"]
    ]


def test_every_part_has_its_learning_rate(model):
    train_parts(model, PARTS)
    groups = parameter_groups(model, RATES, 0.1)
    for part in PARTS:
        names = names_in(model, groups, lr=RATES[part])
        assert names
        assert {part_of(name) for name in names} == {part}
    trained = names_in(model, groups)
    assert sorted(trained) == sorted(name for name, p in model.named_parameters() if p.requires_grad)
    assert len(trained) == len(set(trained))
    assert "no_mask_embed.weight" not in trained


def test_what_decays(model):
    train_parts(model, PARTS)
    groups = parameter_groups(model, RATES, 0.1)
    decayed, others = names_in(model, groups, weight_decay=0.1), names_in(model, groups, weight_decay=0.0)
    assert len(decayed) + len(others) == len(names_in(model, groups))
    for kind in ("bias", "norm", "pos_embed", "rel_pos", "shared", "mask_tokens", "iou_token", "level_weights"):
        assert not [name for name in decayed if kind in name]
        assert [name for name in others if kind in name]
    assert "mask_decoder.upscale_conv1.weight" in decayed
    assert any("refsam_adapter_down" in name for name in decayed)


def test_the_heads_of_lessons_decay_alike(model):
    lessons = Lessons(model)
    groups = lesson_groups(lessons, 0.1)
    assert {group["part"] for group in groups} == {"implicit_tracking"}
    heads = {name: weight for name, weight in lessons.named_parameters() if not name.startswith("model.")}
    assert heads
    assert set(names_in(lessons, groups, weight_decay=0.1)) == {name for name in heads if name.endswith("weight")}
    assert set(names_in(lessons, groups, weight_decay=0.0)) == {name for name in heads if name.endswith("bias")}


def test_frozen_parts_are_left_out(model):
    train_parts(model, ["adapters", "mask_decoder"])
    names = names_in(model, parameter_groups(model, RATES, 0.1))
    assert {part_of(name) for name in names} == {"adapters", "mask_decoder"}
    assert all("refsam_adapter_" in name for name in names if name.startswith("vision_tower"))
    assert not model.vision_tower.pos_embed.requires_grad


def test_the_tower_without_its_adapters(model):
    train_parts(model, ["vision_tower"])
    names = names_in(model, parameter_groups(model, RATES, 0.1))
    assert any("base_layer" in name for name in names)
    assert not any("refsam_adapter_" in name for name in names)


def test_errors(model):
    with pytest.raises(ValueError, match="cannot train the part 'decoder': the parts of this model are vision_tower"):
        train_parts(model, ["decoder"])
    train_parts(model, [])
    with pytest.raises(ValueError, match="nothing to train"):
        parameter_groups(model, RATES, 0.1)
    train_parts(model, ["mask_decoder"])
    with pytest.raises(ValueError, match=r"no learning rate for mask_decoder.* learning_rates has \['adapters'\]"):
        parameter_groups(model, {"adapters": 1e-4}, 0.1)


def test_the_schedule():
    factors = [learning_rate_factor(step, 100, 10, 0.1) for step in range(100)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[9] == pytest.approx(1.0)
    assert factors[10] == pytest.approx(1.0)
    assert factors[55] == pytest.approx(0.55)
    assert factors[99] == pytest.approx(0.1, abs=1e-3)
    assert all(a >= b for a, b in itertools.pairwise(factors[10:]))
    assert learning_rate_factor(500, 100, 10, 0.1) == pytest.approx(0.1)
    assert learning_rate_factor(0, 5, 0, 0.0) == 1.0


def test_learning_rates_of_a_step(model):
    train_parts(model, ["adapters", "mask_decoder"])
    optimizer = torch.optim.AdamW(parameter_groups(model, RATES, 0.1))
    set_learning_rates(optimizer, RATES, 0.5)
    assert {group["part"]: group["lr"] for group in optimizer.param_groups} == {
        "adapters": RATES["adapters"] / 2,
        "mask_decoder": RATES["mask_decoder"] / 2,
    }
