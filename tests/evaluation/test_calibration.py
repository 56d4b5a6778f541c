"""Scores against what they estimate."""

import numpy as np
import pytest

from refsam_hf.evaluation.calibration import calibrate


def test_four_frames_by_hand():
    result = calibrate([0.1, 0.3, 0.9, 0.7], [0.0, 0.4, 1.0, 0.4], bins=2)
    assert result.frames == 4
    assert result.counts.tolist() == [2, 2]
    np.testing.assert_allclose(result.mean_scores, [0.2, 0.8])
    np.testing.assert_allclose(result.mean_values, [0.2, 0.7])
    assert result.expected_error == pytest.approx((2 * 0.0 + 2 * 0.1) / 4)
    assert result.absolute_error == pytest.approx((0.1 + 0.1 + 0.1 + 0.3) / 4)
    assert result.pearson == pytest.approx(np.corrcoef([0.1, 0.3, 0.9, 0.7], [0.0, 0.4, 1.0, 0.4])[0, 1])
    # ranks 0 1 3 2 and 0 1.5 3 1.5
    assert result.spearman == pytest.approx(np.corrcoef([0, 1, 3, 2], [0, 1.5, 3, 1.5])[0, 1])


def test_scores_that_are_right_have_no_error():
    values = np.linspace(0, 1, 101)
    result = calibrate(values, values)
    assert result.expected_error == pytest.approx(0, abs=1e-12)
    assert result.absolute_error == 0
    assert result.pearson == pytest.approx(1)
    assert result.spearman == pytest.approx(1)
    assert calibrate(1 - values, values).pearson == pytest.approx(-1)


def test_ranks_see_any_growing_curve():
    values = np.linspace(0.1, 1, 20)
    result = calibrate(values**4, values)
    assert result.spearman == pytest.approx(1)
    assert result.pearson < 0.95


def test_scores_outside_of_the_bins_count_in_the_nearest():
    result = calibrate([-0.2, 1.0, 1.3], [0.0, 1.0, 1.0])
    assert result.counts.tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert result.mean_scores[-1] == pytest.approx(1.15)
    assert np.isnan(result.mean_scores[1:-1]).all()
    assert result.expected_error == pytest.approx((0.2 + 2 * 0.15) / 3)


def test_what_never_changes_has_no_correlation():
    result = calibrate([0.5, 0.7], [0.0, 0.0])
    assert np.isnan(result.pearson)
    assert np.isnan(result.spearman)


def test_as_numbers_and_lists():
    content = calibrate([0.2, 0.8], [0.0, 1.0], bins=2).as_dict()
    assert content["counts"] == [1, 1]
    assert content["mean_values"] == [0.0, 1.0]
    assert content["expected_error"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("scores", "values", "bins", "message"),
    [
        ([], [], 10, r"at least one, got \(0,\) and \(0,\)"),
        ([0.1], [0.1, 0.2], 10, r"got \(1,\) and \(2,\)"),
        ([[0.1]], [[0.1]], 10, r"got \(1, 1\)"),
        ([0.1, np.nan], [0.1, 0.2], 10, "scores: expected finite numbers, got nan at place 1"),
        ([0.1], [np.inf], 10, "values: expected finite numbers, got inf at place 0"),
        ([0.1], [0.1], 0, "bins: expected at least 1, got 0"),
    ],
)
def test_what_cannot_be_compared(scores, values, bins, message):
    with pytest.raises(ValueError, match=message):
        calibrate(scores, values, bins)
