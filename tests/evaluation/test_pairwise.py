"""Many masks at once: the same J and F as pair by pair."""

import numpy as np
import pytest

from refsam_hf.evaluation.frame_scores import frame_scores
from refsam_hf.evaluation.pairwise import pairwise_scores


def pair_by_pair(predictions, truths, void=None):
    scores = [[frame_scores(prediction, truth, void) for truth in truths] for prediction in predictions]
    return np.moveaxis(np.array(scores), -1, 0)


@pytest.mark.parametrize("seed", range(40))
def test_it_is_what_pairs_give(seed):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 50, 2)
    predictions, truths = (
        rng.random((count, height, width)) < rng.random((count, 1, 1)) ** 3 for count in rng.integers(1, 8, 2)
    )
    if seed % 3 == 0:
        truths[0], predictions[:, height // 2 :] = False, False
    if seed % 4 == 0:
        predictions[0], truths[-1] = True, True  # a full mask has no boundary
    void = rng.random((height, width)) < 0.2 if seed % 2 else None
    np.testing.assert_array_equal(pairwise_scores(predictions, truths, void), pair_by_pair(predictions, truths, void))


@pytest.mark.parametrize("count", [7, 8, 9, 15, 17, 33, 70])
def test_any_number_of_masks(count):
    """Those whose bits fit into one, two, four and eight bytes, and more."""
    rng = np.random.default_rng(count)
    predictions, truths = rng.random((2, 12, 17)) < 0.3, rng.random((count, 12, 17)) < 0.3
    np.testing.assert_array_equal(pairwise_scores(predictions, truths), pair_by_pair(predictions, truths))


def test_nothing_anywhere_is_right():
    nothing = np.zeros((2, 9, 9), bool)
    assert pairwise_scores(nothing, nothing[:1])[0].tolist() == [[1.0], [1.0]]
    assert pairwise_scores(nothing, nothing[:1])[1].tolist() == [[1.0], [1.0]]


def test_what_are_no_masks_of_one_size():
    masks = np.ones((2, 5, 6), bool)
    with pytest.raises(ValueError, match=r"predictions: expected the shape of the ground truth, \(2, 5, 6\), got"):
        pairwise_scores(masks[:, :4], masks)
    with pytest.raises(ValueError, match=r"truths: expected a numpy array \(N, H, W\), got shape \(5, 6\)"):
        pairwise_scores(masks, masks[0])
    with pytest.raises(ValueError, match="predictions: expected fewer than 64, got 64"):
        pairwise_scores(masks[:1].repeat(64, axis=0), masks)
