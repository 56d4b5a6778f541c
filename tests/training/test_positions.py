import pytest
import torch

from refsam_hf import RefSamModel
from refsam_hf.training.positions import READ, STRENGTH, start_with_positions


@pytest.fixture
def model(tiny_config):
    torch.manual_seed(0)
    return RefSamModel(tiny_config())


def test_a_token_says_where_it_is(model):
    before = model.vision_tower.pos_embed.detach().clone()
    start_with_positions(model)
    ramps = (model.vision_tower.pos_embed.detach() - before)[0]  # (h, w, D)
    height, width, depth = ramps.shape
    across, down = ramps[0, -1] - ramps[0, 0], ramps[-1, 0] - ramps[0, 0]
    assert across.norm().item() == pytest.approx(2 * STRENGTH, rel=1e-4)
    assert down.norm().item() == pytest.approx(2 * STRENGTH, rel=1e-4)
    assert (across @ down).abs() < 1e-3
    torch.testing.assert_close(ramps[1, 2], ramps[0, 0] + across * 2 / (width - 1) + down / (height - 1))
    torch.testing.assert_close(ramps.mean((0, 1)), torch.zeros(depth), atol=1e-5, rtol=0)


def test_the_first_level_reads_it(model):
    projections = model.hierarchical_dense_attention.level_projections
    before = [projection.weight.detach().clone() for projection in projections]
    table = model.vision_tower.pos_embed.detach().clone()
    start_with_positions(model)
    ramps = model.vision_tower.pos_embed.detach() - table  # (1, h, w, D)
    change = (projections[0].weight.detach() - before[0])[:, :, 0, 0]  # (C, D)
    read = ramps[0] @ change.T  # (h, w, C)
    across, down = read[0, -1] - read[0, 0], read[-1, 0] - read[0, 0]
    assert across.norm().item() == pytest.approx(2 * READ, rel=1e-4)
    assert (across @ down).abs() < 1e-2
    assert torch.equal(projections[1].weight, before[1])


def test_without_levels_there_is_only_the_embedding(tiny_config):
    model = RefSamModel(tiny_config(dense_embeddings="da"))
    before = model.vision_tower.pos_embed.detach().clone()
    start_with_positions(model)
    assert not torch.equal(model.vision_tower.pos_embed, before)


def test_the_seed_decides_the_directions(tiny_config):
    tables = []
    for seed in (0, 0, 1):
        torch.manual_seed(0)
        model = RefSamModel(tiny_config())
        start_with_positions(model, seed)
        tables.append(model.vision_tower.pos_embed.detach())
    assert torch.equal(tables[0], tables[1])
    assert not torch.equal(tables[0], tables[2])
