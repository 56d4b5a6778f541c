import numpy as np
import pytest

from refsam_hf.evaluation.protocols.davis import semi_supervised, unsupervised


@pytest.fixture
def objects(labels):
    return [labels == 1, labels == 2]


def test_which_is_which_is_found_by_matching(objects, plain, labels):
    shifted = np.roll(objects[0], 2, axis=2)
    scored = unsupervised([objects[1], shifted], objects)
    assert [index for index, _ in scored] == [1, 0]
    j, f = plain(shifted, objects[0])
    np.testing.assert_allclose(scored[0][1].j, j, atol=1e-12)
    np.testing.assert_allclose(scored[0][1].f, f, atol=1e-12)
    assert scored[1][1].j_and_f == 1.0


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
    extra = np.zeros_like(objects[0])
    assert [index for index, _ in unsupervised([extra, *objects], objects)] == [1, 2]
    with pytest.raises(ValueError, match="at most 20"):
        unsupervised([extra] * 21, objects)


def test_semi_supervised_leaves_out_the_first_and_the_last_frame_and_matches_nothing(objects):
    spoilt = [mask.copy() for mask in objects]
    spoilt[0][[0, -1]] = False
    assert [scores.j_and_f for scores in semi_supervised(spoilt, objects)] == [1.0, 1.0]
    assert [len(scores.j) for scores in semi_supervised(spoilt, objects)] == [3, 3]
    assert [scores.j_mean for scores in semi_supervised(objects[::-1], objects)] == [0.0, 0.0]
    with pytest.raises(ValueError, match="at least 3"):
        semi_supervised([mask[:2] for mask in objects], [mask[:2] for mask in objects])
    with pytest.raises(ValueError, match="expected 2, one per object, got 1"):
        semi_supervised(objects[:1], objects)
