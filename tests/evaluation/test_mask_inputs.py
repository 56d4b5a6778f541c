from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from refsam_hf.evaluation.mask_inputs import CLIP_AXES, bool_mask, visible_pair


def test_a_boolean_mask_is_not_copied() -> None:
    mask = np.zeros((3, 4), dtype=bool)
    assert bool_mask("mask", mask) is mask


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float64])
def test_zeros_and_ones_become_boolean(dtype: type) -> None:
    mask: NDArray[Any] = np.array([[0, 1], [1, 0]], dtype=dtype)
    converted = bool_mask("mask", mask)
    assert converted.dtype == bool
    assert converted.tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[True]], r"mask: expected a numpy array \(H, W\), got list"),
        (np.zeros(3, dtype=bool), r"expected a numpy array \(H, W\), got shape \(3,\)"),
        (np.zeros((1, 3, 4), dtype=bool), r"got shape \(1, 3, 4\)"),
        (np.zeros((0, 4), dtype=bool), r"at least one .* got shape \(0, 4\)"),
        (np.array([[0, 255]], dtype=np.uint8), "only the values 0 and 1, got the value 255"),
        (np.array([[0, -1]]), "got the value -1"),
        (np.array([[0.5, 1.0]]), "got the value 0.5"),
        (np.array([[np.nan, 1.0]]), "got the value nan"),
        (np.array([["a", "b"]]), "got dtype <U1"),
        (np.array([[None, True]]), "got dtype object"),
    ],
)
def test_what_is_no_mask_is_an_error(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bool_mask("mask", value)


def test_a_clip_without_frames_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"masks: .*at least one frame.* got shape \(0, 4, 5\)"):
        bool_mask("masks", np.zeros((0, 4, 5), dtype=bool), CLIP_AXES)


def test_void_pixels_are_taken_out_of_both_masks() -> None:
    prediction = np.array([[1, 1, 0, 0]], dtype=bool)
    ground_truth = np.array([[1, 0, 1, 0]], dtype=bool)
    void = np.array([[0, 1, 1, 1]], dtype=np.uint8)
    visible = visible_pair(prediction, ground_truth, void)
    assert [mask.tolist() for mask in visible] == [[[True, False, False, False]]] * 2
    assert prediction.sum() == ground_truth.sum() == 2  # the caller's own are left as they were


@pytest.mark.parametrize("wrong", ["prediction", "void"])
def test_all_have_the_shape_of_the_ground_truth(wrong: str) -> None:
    masks = {name: np.zeros((4, 6), dtype=bool) for name in ("prediction", "ground_truth", "void")}
    masks[wrong] = np.zeros((6, 4), dtype=bool)
    with pytest.raises(ValueError, match=rf"{wrong}: expected the shape of .*, \(4, 6\), got \(6, 4\)"):
        visible_pair(**masks)
