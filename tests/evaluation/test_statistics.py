from typing import Any

import numpy as np
import pytest

from refsam_hf.evaluation.statistics import decay, mean, recall


@pytest.mark.metric_reference
def test_equals_the_official_evaluation(reference_series: dict[str, Any]) -> None:
    values = reference_series["values"]
    assert mean(values) == pytest.approx(reference_series["mean"], rel=0, abs=1e-9)
    assert recall(values) == pytest.approx(reference_series["recall"], rel=0, abs=1e-9)
    if len(values) <= 255:  # above, the official decay is wrong
        assert decay(values) == pytest.approx(reference_series["decay"], rel=0, abs=1e-9)


def test_recall_counts_what_is_strictly_above_a_half() -> None:
    assert recall([0.5, 0.5, 0.50001, 1.0]) == 0.5


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.7], 0.0),
        ([1.0, 0.25], 0.75),
        ([8, 4, 2, 1, 0], (8 + 4) / 2 - (1 + 0) / 2),  # neighbouring bins share a frame
        ([16, 8, 4, 2, 1, 0], (16 + 8) / 2 - (1 + 0) / 2),
        # the ends 1, 2.5, 4, 5.5, 7: halves go up, to 1, 3, 4, 6, 7
        ([64, 32, 16, 8, 4, 2, 0], (64 + 32 + 16) / 3 - (2 + 0) / 2),
    ],
)
def test_decay_of_a_short_clip(values: list[float], expected: float) -> None:
    assert decay(values) == pytest.approx(expected, rel=0, abs=1e-12)


@pytest.mark.parametrize("frames", [255, 256, 257, 258, 1001, 70_000])
def test_decay_is_right_in_a_long_clip(frames: int) -> None:
    # 1 in the first half, 0 in the last: any right choice of the outer quarters gives exactly 1
    values = (np.arange(frames) < frames / 2).astype(float)
    assert decay(values) == 1.0


def test_decay_of_257_frames_uses_the_true_quarters() -> None:
    values = np.arange(257.0)
    assert decay(values) == np.mean(range(65)) - np.mean(range(192, 257))


@pytest.mark.parametrize("statistic", [mean, recall, decay])
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], r"at least one, got shape \(0,\)"),
        (np.zeros((2, 3)), r"got shape \(2, 3\)"),
        ([0.5, np.nan], "expected finite numbers, got nan at frame 1"),
        ([np.inf], "got inf at frame 0"),
    ],
)
def test_bad_values_are_an_error(statistic: Any, values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        statistic(values)
