import dataclasses

import numpy as np
import pytest
from PIL import Image

from refsam_hf.evaluation.cases import PREDICTION
from refsam_hf.evaluation.report.grids import write_grid
from refsam_hf.evaluation.report.views import View, measure_of, row_of, series_of


@pytest.fixture
def view(make_row, labels):
    row = make_row("0", [1])
    item = {"frames": row["frame_names"][1:], "kind": "1-4 words", "score": 0.25, "f": [0.0] * 4}
    frames = np.full((2, *labels.shape[1:], 3), 90, np.uint8)
    return View(row, item, (0, 4), frames, labels[[0, 4]] == 1)


def is_pink(tile):
    """How much of a tile has the colour of a prediction."""
    return float((np.abs(tile.astype(int) - PREDICTION).sum(axis=-1) < 120).mean())


def test_the_prediction_of_the_frames_that_are_shown(view, labels, predicted):
    found = predicted(labels == 2)
    np.testing.assert_array_equal(view.predicted(found), (labels == 2)[[0, 4]])
    assert not view.predicted(None).any()
    found.masks[4] = None
    assert [mask.any() for mask in view.predicted(found)] == [True, False]
    shown, empty = view.tiles(view.predicted(found))
    assert is_pink(shown) == pytest.approx((labels[0] == 2).mean(), rel=0.2)
    assert is_pink(empty) == 0


def test_a_strip_says_what_was_scored(view, labels, predicted):
    case = view.case(predicted(labels == 1))
    assert (case.name, case.kind, case.text, case.j) == ("boxes", "1-4 words", "the box 0", 0.25)
    assert (case.frames, case.scored, case.measure) == ((0, 4), (False, True), "J&F")


def test_a_frame_that_does_not_count_is_said_to_be_none(view, labels, predicted):
    item = view.item | {"scored": [True, True, True, False]}  # of the frames 1 to 4
    assert dataclasses.replace(view, item=item).case(predicted(labels == 1)).scored == (False, False)
    item = {"j": [0, 0.5, 1], "f": [0, 0, 1], "scored": [False, True, True]}
    np.testing.assert_array_equal(series_of(item), [np.nan, 0.25, 1])


def test_items_are_told_by_their_protocol(make_row):
    rows = [make_row("0", [1]), make_row("7", [2])]
    assert row_of({"id": "7"}, rows) is rows[1]
    assert row_of({"id": "annotator 0, object 1", "expression_id": "0"}, rows) is rows[0]
    assert row_of({"id": "annotator 0, object 3", "expression_id": None}, rows) is None
    assert measure_of({"iou": [0.5]}) == "IoU"
    np.testing.assert_array_equal(series_of({"iou": [0.5, 1]}), [0.5, 1])
    np.testing.assert_array_equal(series_of({"j": [0.5, 1], "f": [0, 1]}), [0.25, 1])


def test_a_grid_has_a_row_for_each_model_and_a_column_for_each_frame(view, labels, predicted, tmp_path):
    sizes = {}
    for count in (1, 3):
        models = {f"model {number}": predicted(labels == 1) for number in range(count)}
        write_grid(tmp_path / f"{count}.png", view, models, dict.fromkeys(models, 0.5))
        with Image.open(tmp_path / f"{count}.png") as image:
            sizes[count] = image.size
            pink = is_pink(np.array(image))
            assert pink > 0.01
    assert sizes[1][0] == sizes[3][0]
    assert sizes[3][1] > 2 * sizes[1][1]
