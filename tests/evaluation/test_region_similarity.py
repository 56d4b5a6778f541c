from typing import Any

import numpy as np
import pytest

from refsam_hf.evaluation.region_similarity import region_similarity


@pytest.mark.metric_reference
def test_equals_the_official_evaluation(reference_pair: dict[str, Any]) -> None:
    value = region_similarity(reference_pair["prediction"], reference_pair["ground_truth"])
    assert value == pytest.approx(reference_pair["J"], rel=0, abs=1e-9)


def test_is_intersection_over_union() -> None:
    prediction, ground_truth = np.zeros((2, 4, 6), dtype=bool)
    prediction[1:3, 0:4] = True  # 8 pixels
    ground_truth[1:4, 2:4] = True  # 6 pixels, 4 of them shared
    assert region_similarity(prediction, ground_truth) == 4 / 10
    assert region_similarity(ground_truth, prediction) == 4 / 10


def test_two_empty_masks_agree() -> None:
    empty, full = np.zeros((3, 5), dtype=bool), np.ones((3, 5), dtype=bool)
    assert region_similarity(empty, empty) == 1.0
    assert region_similarity(full, full) == 1.0
    assert region_similarity(empty, full) == 0.0
    assert region_similarity(full, empty) == 0.0


def test_void_is_not_counted() -> None:
    prediction, ground_truth, void = np.zeros((3, 4, 6), dtype=bool)
    prediction[1:3, 0:4] = True
    ground_truth[1:4, 2:4] = True
    void[:, 3] = True  # 2 shared pixels and 1 of the ground truth alone
    assert region_similarity(prediction, ground_truth, void) == 2 / 7
    assert region_similarity(prediction, ground_truth, np.ones_like(void)) == 1.0


def test_numbers_count_as_booleans_do() -> None:
    prediction, ground_truth = np.random.default_rng(0).random((2, 9, 7)) < 0.5
    expected = region_similarity(prediction, ground_truth)
    assert 0 < expected < 1
    assert region_similarity(prediction.astype(np.uint8), ground_truth.astype(np.float32)) == expected


def test_another_shape_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"prediction: .*\(4, 6\), got \(6, 4\)"):
        region_similarity(np.zeros((6, 4), dtype=bool), np.zeros((4, 6), dtype=bool))
