"""Frames of a training clip: near the middle one first, then the rest, and repeated only where there are too few."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from refsam_hf.training.frame_sampling import sample_frames


def drawn(video_frames, num_frames, count=300, **options):
    return [
        sample_frames(video_frames, num_frames, np.random.default_rng(s), **options).tolist() for s in range(count)
    ]


def test_three_frames_are_one_to_three_apart():
    steps = Counter()
    for first, middle, last in drawn(50, 3):
        if first > 5 and last < 44 and last - first < 7:
            steps[middle - first, last - middle] += 1
    assert set(steps) == {(before, after) for before in (1, 2, 3) for after in (1, 2, 3)}
    near = drawn(50, 3, max_distance=1)
    # at an end of the video, a frame of the rest stands for the one that is not there
    assert all(b - a == 1 or c - b == 1 for a, b, c in near)
    assert sum(b - a == c - b == 1 for a, b, c in near) > 250


def test_every_frame_comes_and_none_twice():
    for num_frames in (1, 2, 3, 5, 8):
        clips = drawn(8, num_frames)
        assert all(len(set(clip)) == num_frames == len(clip) for clip in clips)
        assert {place for clip in clips for place in clip} == set(range(8))
        assert all(clip == sorted(clip) for clip in clips)


def test_more_frames_are_random_ones_of_the_rest():
    distances = {max(clip) - min(clip) for clip in drawn(100, 5)}
    assert max(distances) > 80
    assert all(sum(b - a <= 3 for a, b in pairwise(clip)) >= 1 for clip in drawn(100, 5))


def test_two_frames_are_neighbours_on_either_side():
    gaps = Counter(b - a for a, b in drawn(100, 2))
    assert set(gaps) == {1, 2, 3}


def test_a_short_video_is_shown_whole_and_then_repeats():
    for clip in drawn(2, 3, count=20):
        assert set(clip) == {0, 1}
        assert len(clip) == 3
    assert drawn(1, 3, count=1) == [[0, 0, 0]]
    assert drawn(1, 1, count=1) == [[0]]
    assert sorted(map(tuple, drawn(3, 3, count=5)))[0] == (0, 1, 2)


def test_no_frame():
    with pytest.raises(ValueError, match="expected at least 1, got 0"):
        sample_frames(0, 3, np.random.default_rng(0))
