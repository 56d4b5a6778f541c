import pytest
import torch
from torch import nn

from refsam_hf.training.positions import STRENGTH, start_with_positions


@pytest.fixture
def tower():
    tower = nn.Module()
    tower.pos_embed = nn.Parameter(torch.full((1, 5, 9, 32), 0.5))
    return tower


def test_a_token_says_where_it_is(tower):
    start_with_positions(tower)
    ramps = tower.pos_embed[0].detach() - 0.5  # (h, w, D)
    across, down = ramps[0, 8] - ramps[0, 0], ramps[4, 0] - ramps[0, 0]
    assert across.norm().item() == pytest.approx(2 * STRENGTH)
    assert down.norm().item() == pytest.approx(2 * STRENGTH)
    assert (across @ down).abs() < 1e-4
    torch.testing.assert_close(ramps[2, 4], torch.zeros(32))  # the middle
    torch.testing.assert_close(ramps[1, 2], ramps[0, 0] + across * 2 / 8 + down * 1 / 4)


def test_the_seed_decides_the_directions(tower):
    start_with_positions(tower)
    again, other = (nn.Module() for _ in range(2))
    for module, seed in ((again, 0), (other, 1)):
        module.pos_embed = nn.Parameter(torch.full((1, 5, 9, 32), 0.5))
        start_with_positions(module, seed)
    assert torch.equal(tower.pos_embed, again.pos_embed)
    assert not torch.equal(tower.pos_embed, other.pos_embed)
