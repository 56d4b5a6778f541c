"""Picks of frames: all that there are, each as often as the others."""

from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest

from refsam_hf.training.features.frame_picks import FramePicks


@pytest.mark.parametrize(
    ("kept", "count", "least", "most", "from_first"),
    [(6, 6, 1, 1, True), (6, 2, 2, 5, True), (6, 3, 1, 5, True), (6, 3, 1, 2, False), (6, 1, 1, 1, False)],
)
def test_every_pick_within_the_bounds_is_as_likely(kept, count, least, most, from_first):
    expected = {
        pick
        for pick in combinations(range(kept), count)
        if all(least <= after - before <= most for before, after in pairwise(pick))
        and (pick[0] == 0 or not from_first)
    }
    picks, rng = FramePicks(kept, count, least, most, from_first), np.random.default_rng(0)
    drawn = Counter(tuple(picks.draw(rng).tolist()) for _ in range(200 * len(expected)))
    assert drawn.keys() == expected
    assert all(140 < times < 270 for times in drawn.values())


@pytest.mark.parametrize(("count", "least", "most"), [(7, 1, 1), (4, 2, 5), (2, 6, 9)])
def test_a_pick_that_is_not_there_is_an_error(count, least, most):
    with pytest.raises(ValueError, match=rf"^num_frames: expected {count} of 6 kept frames, {least} to {most} "):
        FramePicks(6, count, least, most)
