import numpy as np
import pytest

from refsam_hf.evaluation.metrics import MaskOverlap


def test_the_numbers_are_those_of_their_definitions(rles):
    reference = np.zeros((10, 10), bool)
    reference[:, :5] = True  # 50 pixels
    exact, half, none = reference.copy(), reference.copy(), ~reference
    half[5:] = False  # an IoU of exactly a half
    empty = np.zeros_like(reference)
    result = MaskOverlap().compute(
        predictions=rles([exact, half, none, empty]),
        references=rles([reference, reference, reference, empty]),
        sample=["exact", "half", "none", "empty"],
        score=[0.9, 0.8, 0.95, 0.7],
    )
    assert result["samples"] == 4
    assert result["overall_iou"] == pytest.approx((50 + 25) / (50 + 50 + 100))
    assert result["mean_iou"] == pytest.approx((1 + 0.5 + 0 + 1) / 4)
    assert [result[f"p_{step / 10}"] for step in range(5, 10)] == [0.5] * 5  # strictly above
    # ranked none, exact, half, empty: hits at 0.5 are 0, 1, 1, 1, and above 0.5 are 0, 1, 0, 1
    best = [max(1 / 2, 2 / 3, 3 / 4)] * 3, [max(1 / 2, 2 / 4)] * 2
    at_half = sum(precision * share for precision, share in zip(best[0], (26, 25, 25), strict=True)) / 101
    above = sum(precision * share for precision, share in zip(best[1], (26, 25), strict=True)) / 101
    assert result["map"] == pytest.approx((at_half + 9 * above) / 10)


def test_pixels_of_void_do_not_count(rles):
    reference = np.zeros((10, 10), bool)
    reference[:, :5] = True
    void = np.zeros_like(reference)
    void[:, 5:] = True
    masks = {"predictions": rles([~void | void]), "references": rles([reference]), "sample": ["a"]}
    assert MaskOverlap().compute(**masks)["mean_iou"] == 0.5
    assert MaskOverlap().compute(**masks, void=rles([void]))["mean_iou"] == 1
