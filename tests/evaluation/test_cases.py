"""Single cases, drawn and picked."""

import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks.shapes import iterate_shapes
from refsam_hf.evaluation.cases import PREDICTION, TRUTH, Case, draw_case, pick_cases, write_case_sheet
from refsam_hf.evaluation.results import ExpressionResult


def case(kind, j, text=""):
    return Case("clip", kind, text, j, (0,), (True,), np.zeros((1, 8, 8, 3), np.uint8))


def result_of(kind, num_frames, shown):
    clips = iterate_shapes("val", num_clips=1, num_frames=num_frames, size=(48, 64), kinds=(kind,))
    _, clip, (expression, _) = next(clips)
    masks = clip.masks[expression.object_ids[0] - 1] if shown else np.zeros_like(clip.masks[0])
    return ExpressionResult(clip, expression, masks, np.ones(num_frames))


def count(tile, colour):
    return int((np.abs(tile.astype(int) - colour).max(axis=-1) < 60).sum())


def test_six_frames_from_the_first_to_the_last():
    drawn = draw_case("val-appearance-0-000000", result_of("appearance", 12, shown=True))
    assert drawn.frames == (0, 2, 4, 7, 9, 11)
    assert drawn.scored == (True,) * 6
    assert drawn.tiles.shape == (6, 240, 320, 3)
    assert (drawn.kind, drawn.j) == ("appearance", 1)
    assert drawn.text
    for tile in drawn.tiles:
        assert count(tile, PREDICTION) > 100
        assert count(tile, TRUTH) > 30


def test_a_short_clip_has_as_many_as_it_has_and_those_before_the_decision_do_not_count():
    drawn = draw_case("clip", result_of("motion", 4, shown=True))
    assert drawn.frames == (0, 1, 2, 3)
    assert not drawn.scored[0]
    assert drawn.scored[3]


def test_an_empty_prediction_shows_the_contour_alone():
    drawn = draw_case("clip", result_of("appearance", 2, shown=False))
    assert drawn.j == 0
    assert count(drawn.tiles[0], PREDICTION) == 0
    assert count(drawn.tiles[0], TRUTH) > 30


def test_the_best_and_the_worst_with_a_cap_per_kind():
    cases = [case(kind, j) for kind, j in (("a", 0.9), ("a", 0.8), ("a", 0.7), ("b", 0.1), ("b", 0.5), ("c", 0.6))]
    picked = pick_cases(cases, 4, 2, best=True)
    assert [(item.kind, item.j) for item in picked] == [("a", 0.9), ("a", 0.8), ("c", 0.6), ("b", 0.5)]
    assert [item.j for item in pick_cases(cases, 3, 1, best=False)] == [0.1, 0.6, 0.7]


@pytest.mark.parametrize("best", [True, False])
def test_cases_can_be_picked_while_they_come(best):
    rng = np.random.default_rng(0)
    cases = [case(str(rng.choice(list("abc"))), round(float(rng.random()), 1), str(place)) for place in range(60)]
    kept = []
    for item in cases:
        kept = pick_cases([*kept, item], 7, 3, best=best)
    assert [item.text for item in kept] == [item.text for item in pick_cases(cases, 7, 3, best=best)]


def test_a_sheet_has_a_strip_per_case(tmp_path):
    cases = [draw_case("clip", result_of("appearance", frames, shown=True)) for frames in (7, 2)]
    heights = []
    for number in (1, 2):
        write_case_sheet(tmp_path / "sheet.png", cases[:number])
        with Image.open(tmp_path / "sheet.png") as image:
            heights.append(image.height)
            assert image.width > 6 * 320
    assert heights[1] - heights[0] > 240
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]
    with pytest.raises(ValueError, match="expected at least one case to draw"):
        write_case_sheet(tmp_path / "none.png", [])
