import pytest
import torch

from refsam_hf import RefSamModel
from refsam_hf.training.positions import FREQUENCIES, RAMP, READ, WAVE, position_codes, start_with_positions


@pytest.fixture
def make_model(tiny_config):
    def make(**options):
        torch.manual_seed(0)
        return RefSamModel(tiny_config(**options))

    return make


def added_by(model, **options):
    """What the start adds to the position embedding, (h, w, D)."""
    before = model.vision_tower.pos_embed.detach().clone()
    start_with_positions(model, **options)
    return (model.vision_tower.pos_embed.detach() - before)[0]


def test_codes_are_ramps_and_waves():
    codes = position_codes(5, 9)
    assert codes.shape == (5, 9, 2 + 4 * len(FREQUENCIES))
    assert codes[3, :, 0].tolist() == pytest.approx([-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1])
    assert codes[:, 3, 1].tolist() == pytest.approx([-1, -0.5, 0, 0.5, 1])
    assert codes[2, :, 3].tolist() == pytest.approx(
        [-1, -(2**-0.5), 0, 2**-0.5, 1, 2**-0.5, 0, -(2**-0.5), -1], abs=1e-6
    )
    assert codes.abs().max() <= 1


def test_every_cell_of_the_tower_says_where_it_is(make_model):
    added = added_by(make_model())
    height, width, _ = added.shape
    codes = position_codes(height, width)
    strengths = torch.tensor([RAMP] * 2 + [WAVE] * (codes.shape[-1] - 2))
    # directions at right angles keep all lengths and angles
    torch.testing.assert_close(
        torch.einsum("hwd,uvd->hwuv", added, added),
        torch.einsum("hwk,uvk->hwuv", codes * strengths, codes * strengths),
        atol=1e-3,
        rtol=1e-4,
    )


def test_the_first_level_reads_it(make_model):
    model = make_model()
    projections = model.hierarchical_dense_attention.level_projections
    before = [projection.weight.detach().clone() for projection in projections]
    added = added_by(model)
    read = added @ (projections[0].weight.detach() - before[0])[:, :, 0, 0].T  # (h, w, C)
    torch.testing.assert_close(read.norm(dim=-1), READ * added.norm(dim=-1), atol=1e-3, rtol=1e-4)
    assert torch.equal(projections[1].weight, before[1])


def test_without_levels_there_is_only_the_embedding(make_model):
    assert added_by(make_model(dense_embeddings="da")).any()


def test_the_seed_decides_the_directions(make_model):
    first, again, other = (added_by(make_model(), seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_narrow_tower_is_an_error(make_model):
    with pytest.raises(ValueError, match="at least 14 channels"):
        start_with_positions(make_model(vision_config={"hidden_size": 12}))
