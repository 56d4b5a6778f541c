import numpy as np
import pytest
from numpy.typing import NDArray

from refsam_hf.evaluation import ClipScores, contour_accuracy, region_similarity, score_clip

Mask = NDArray[np.bool_]


@pytest.fixture
def clip() -> tuple[Mask, Mask, Mask]:
    """Predictions, ground truths and void of 5 frames (5, 30, 44); the target is absent from frame 3."""
    predictions, ground_truths, void = np.zeros((3, 5, 30, 44), dtype=bool)
    for t in range(5):
        predictions[t, 5 : 15 + t, 6 + t : 20] = True
        ground_truths[t, 6:16, 4:20] = t != 3
        void[t, :, 17 - t : 19] = True
    return predictions, ground_truths, void


@pytest.mark.parametrize("with_void", [False, True])
def test_every_frame_has_the_value_that_it_has_alone(clip: tuple[Mask, Mask, Mask], with_void: bool) -> None:
    predictions, ground_truths, void = clip
    scores = score_clip(predictions, ground_truths, void if with_void else None)
    assert scores.j.shape == scores.f.shape == (5,)
    for t in range(5):
        frame = (predictions[t], ground_truths[t], void[t] if with_void else None)
        assert scores.j[t] == region_similarity(*frame)
        assert scores.f[t] == contour_accuracy(*frame)
    assert len(set(scores.j)) == 5  # no frame can be taken for another


def test_void_changes_the_scores(clip: tuple[Mask, Mask, Mask]) -> None:
    predictions, ground_truths, void = clip
    with_void, without = score_clip(predictions, ground_truths, void), score_clip(predictions, ground_truths)
    assert with_void.j_mean != without.j_mean
    assert with_void.f_mean != without.f_mean


def test_means() -> None:
    scores = ClipScores(j=np.array([0.25, 0.75, 0.5]), f=np.array([1.0, 0.5, 0.0]))
    assert scores.j_mean == 0.5
    assert scores.f_mean == 0.5
    assert ClipScores(j=scores.j, f=np.ones(3)).j_and_f == 0.75


def test_numbers_count_as_booleans_do(clip: tuple[Mask, Mask, Mask]) -> None:
    as_numbers = score_clip(*(masks.astype(np.uint8) for masks in clip))
    as_booleans = score_clip(*clip)
    assert np.array_equal(as_numbers.j, as_booleans.j)
    assert np.array_equal(as_numbers.f, as_booleans.f)


def test_bad_clips_are_errors(clip: tuple[Mask, Mask, Mask]) -> None:
    predictions, ground_truths, void = clip
    with pytest.raises(ValueError, match=r"predictions: .*\(5, 30, 44\), got \(4, 30, 44\)"):
        score_clip(predictions[:4], ground_truths)
    with pytest.raises(ValueError, match=r"void: .*\(5, 30, 44\), got \(5, 30, 43\)"):
        score_clip(predictions, ground_truths, void[..., 1:])
    with pytest.raises(ValueError, match=r"ground_truths: expected a numpy array \(T, H, W\), got shape \(30, 44\)"):
        score_clip(predictions, ground_truths[0])
    with pytest.raises(ValueError, match=r"ground_truths: .*at least one frame.* got shape \(0, 30, 44\)"):
        score_clip(predictions[:0], ground_truths[:0])
    with pytest.raises(ValueError, match=r"predictions: .*got the value 255"):
        score_clip(predictions.astype(np.uint8) * np.uint8(255), ground_truths)


def test_scores_of_different_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"f: .*shape \(3,\), got shape \(2,\)"):
        ClipScores(j=np.zeros(3), f=np.zeros(2))
