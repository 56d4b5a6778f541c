"""The two evaluations of DAVIS 2017, frame by frame, against what they are in words."""

from itertools import permutations

import numpy as np
import pytest

from refsam_hf.evaluation.clip import score_clip
from refsam_hf.evaluation.protocols.davis import SemiSupervised, Unsupervised


@pytest.fixture
def objects(labels):
    return [labels == 1, labels == 2]


def evaluated(kind, predictions, truths, void=None):
    """The result for clips (T, H, W)."""
    evaluation = kind(len(predictions), len(truths))
    size = truths[0].shape[1:]
    for t in range(len(truths[0])):
        frame = [np.array([mask[t] for mask in masks], bool).reshape(-1, *size) for masks in (predictions, truths)]
        evaluation.add(*frame, None if void is None else void[t])
    return evaluation.result()


def unsupervised(predictions, truths, void=None):
    return evaluated(Unsupervised, predictions, truths, void)


def semi_supervised(predictions, truths):
    return evaluated(SemiSupervised, predictions, truths)


def test_which_is_which_is_found_by_matching(objects, plain):
    shifted = np.roll(objects[0], 2, axis=2)
    scored = unsupervised([objects[1], shifted], objects)
    assert [index for index, _ in scored] == [1, 0]
    j, f = plain(shifted, objects[0])
    np.testing.assert_allclose(scored[0][1].j, j, atol=1e-12)
    np.testing.assert_allclose(scored[0][1].f, f, atol=1e-12)
    assert scored[1][1].j_and_f == 1.0


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_best_of_all_assignments_of_whole_clips(seed):
    """The plain version: every pair over the whole clip, every assignment tried, empty masks for what is missing."""
    rng = np.random.default_rng(seed)
    n, m = (int(count) for count in rng.integers(1, 5, 2))
    truths = [rng.random((4, 10, 14)) < share for share in rng.random(n) * 0.4]
    predictions = [truths[rng.integers(n)] ^ (rng.random((4, 10, 14)) < 0.3) for _ in range(m)]
    void = rng.random((4, 10, 14)) < 0.1
    padded = [*predictions, *[np.zeros_like(truths[0])] * (n - m)]
    pairs = [[score_clip(prediction, truth, void) for truth in truths] for prediction in padded]
    totals = {
        chosen: sum(pairs[index][place].j_and_f for place, index in enumerate(chosen))
        for chosen in permutations(range(len(padded)), n)
    }
    scored = unsupervised(predictions, truths, void)
    assert sum(scores.j_and_f for _, scores in scored) == pytest.approx(max(totals.values()), abs=1e-12)
    for place, (index, scores) in enumerate(scored):
        same = pairs[m if index is None else index][place]
        np.testing.assert_allclose((scores.j, scores.f), (same.j, same.f), rtol=0, atol=1e-12)


def test_the_matching_is_of_the_clip_and_not_of_the_frame(objects):
    swapped_once = [mask.copy() for mask in objects]
    swapped_once[0][2], swapped_once[1][2] = objects[1][2], objects[0][2]
    scored = unsupervised(swapped_once, objects)
    assert [index for index, _ in scored] == [0, 1]
    assert scored[0][1].j.tolist() == [1, 1, 0, 1, 1]


def test_void_pixels_are_left_out(objects, labels):
    spilled = objects[0] | (labels == 255)
    assert unsupervised([spilled, objects[1]], objects, labels == 255)[0][1].j_and_f == 1.0
    assert unsupervised([spilled, objects[1]], objects)[0][1].j_and_f < 1.0


def test_too_few_predictions_leave_empty_masks_and_too_many_are_matched(objects):
    scored = unsupervised([objects[1]], objects)
    assert [index for index, _ in scored] == [None, 0]
    assert scored[0][1].j_and_f == 0.0
    assert scored[1][1].j_and_f == 1.0
    assert [index for index, _ in unsupervised([], objects)] == [None, None]
    extra = np.zeros_like(objects[0])
    assert [index for index, _ in unsupervised([extra, *objects], objects)] == [1, 2]
    with pytest.raises(ValueError, match="at most 20"):
        Unsupervised(21, 2)


def test_semi_supervised_leaves_out_the_first_and_the_last_frame_and_matches_nothing(objects):
    spoilt = [mask.copy() for mask in objects]
    spoilt[0][[0, -1]] = False
    assert [(index, scores.j_and_f) for index, scores in semi_supervised(spoilt, objects)] == [(0, 1.0), (1, 1.0)]
    assert [len(scores.j) for _, scores in semi_supervised(spoilt, objects)] == [3, 3]
    assert [scores.j_mean for _, scores in semi_supervised(objects[::-1], objects)] == [0.0, 0.0]
    with pytest.raises(ValueError, match="at least 3"):
        semi_supervised([mask[:2] for mask in objects], [mask[:2] for mask in objects])
    with pytest.raises(ValueError, match="expected 2, one per object, got 1"):
        SemiSupervised(1, 2)


@pytest.mark.parametrize("kind", [Unsupervised, SemiSupervised])
def test_frames_of_other_objects_and_no_frame_are_errors(kind, objects):
    evaluation = kind(2, 2)
    first = np.array([mask[0] for mask in objects])
    with pytest.raises(ValueError, match="predictions: expected 2, one per object, got 1"):
        evaluation.add(first[:1], first)
    with pytest.raises(ValueError, match="truths: expected 2, one per object, got 1"):
        evaluation.add(first, first[:1])
    with pytest.raises(ValueError, match="frames: expected at least"):
        evaluation.result()
