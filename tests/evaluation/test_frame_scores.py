import numpy as np
import pytest

from refsam_hf.evaluation import contour_accuracy, frame_scores, region_similarity
from refsam_hf.evaluation.mask_planes import mask_planes


@pytest.mark.metric_reference
def test_equals_the_official_evaluation(reference_pair):
    pair = reference_pair["prediction"], reference_pair["ground_truth"]
    expected = (reference_pair["J"], reference_pair["F"])
    assert frame_scores(*pair) == pytest.approx(expected, rel=0, abs=1e-9)
    # column by column in memory, as RLE is decoded
    assert frame_scores(*map(np.asfortranarray, pair)) == pytest.approx(expected, rel=0, abs=1e-9)


def test_both_are_what_each_gives_alone():
    rng = np.random.default_rng(0)
    for height, width in [(1, 1), (7, 30), (8, 9), (17, 40), (40, 17)]:
        masks = rng.random((3, height, width)) < 0.3
        assert frame_scores(*masks) == (region_similarity(*masks), contour_accuracy(*masks))
        assert frame_scores(*masks[:2]) == (region_similarity(*masks[:2]), contour_accuracy(*masks[:2]))


@pytest.mark.parametrize("height", [1, 7, 8, 9, 24, 30])
def test_the_box_holds_both_masks_whole(height):
    rng = np.random.default_rng(1)
    for order in "CF":
        for _ in range(20):
            masks = np.zeros((2, height, 21), bool)
            for mask in masks:
                mask[rng.integers(height), rng.integers(21)] = rng.random() < 0.7
            planes = mask_planes(*(np.asarray(mask, order=order) for mask in masks))
            if planes is None:
                assert not masks.any()
                continue
            assert [np.count_nonzero(planes & bit) for bit in (1, 2)] == [mask.sum() for mask in masks]
            assert np.count_nonzero(planes == 3) == (masks[0] & masks[1]).sum()
