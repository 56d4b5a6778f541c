"""Sources mixed by weight: how often each is drawn from, evenly, and found without counting."""

import pytest

from refsam_hf.training.mixture import clips_for_passes, place_of


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.5], [0.1, 0.2, 0.7], [3, 1, 1, 0.01]])
def test_every_source_gets_its_share_and_its_clips_in_order(weights):
    seen = [0] * len(weights)
    for index in range(1000):
        number, place = place_of(index, weights)
        assert place == seen[number], "no clip is left out, and none comes twice"
        seen[number] += 1
        for count, weight in zip(seen, weights, strict=True):
            assert abs(count - (index + 1) * weight / sum(weights)) < len(weights), "in every stretch"


def test_a_place_far_away_is_found_at_once():
    assert place_of(10**9 + 1, [1.0, 1.0]) == (0, 500_000_000)
    assert place_of(10**9, [1.0, 1.0]) == (1, 500_000_000)


@pytest.mark.parametrize(
    ("passes", "samples", "weights", "total", "clips"),
    [
        (1, [7], [1.0], 1.0, 7),
        (2.5, [7], [1.0], 1.0, 18),
        (1, [7], [1.0], 1.5, 11),  # beside something of half its weight: 10.5
        (1, [7, 30], [1.0, 2.0], 3.0, 45),  # the second takes longer: 15 draws of weight 1 for its 30
        (0.1, [10], [0.3], 0.3, 2),  # 0.1 is a little more than a tenth
    ],
)
def test_how_many_clips_are_so_many_passes(passes, samples, weights, total, clips):
    assert clips_for_passes(passes, samples, weights, total) == clips
