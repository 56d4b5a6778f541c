"""Masks made by hand: a frame is a row of boxes, so that every score is a fraction that can be seen."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from refsam_hf.evaluation.by_kind import ExpressionScores, score_expression, summarise

Mask = NDArray[np.bool_]


def masks(*widths: int, left: int = 4) -> Mask:
    """One frame (24, 48) for each width: a box of 8 pixels' height from column `left` on; 0 is an empty frame."""
    frames = np.zeros((len(widths), 24, 48), dtype=bool)
    for frame, width in zip(frames, widths, strict=True):
        frame[8:16, left : left + width] = True
    return frames


def scores(
    kind: str = "appearance",
    *,
    j: Sequence[float] = (1.0,),
    f: Sequence[float] | None = None,
    counted: Sequence[int] | None = None,
    visible: Sequence[int] | None = None,
    empty: Sequence[int] | None = None,
    swapped: tuple[float, ...] = (),
) -> ExpressionScores:
    """Given scores; all frames are counted, visible and not empty if not said otherwise."""
    count = len(j)
    return ExpressionScores(
        kind,
        np.array(counted or [1] * count, dtype=bool),
        np.array(visible or [1] * count, dtype=bool),
        np.array(empty or [0] * count, dtype=bool),
        np.array(j),
        np.array(j if f is None else f),
        swapped,
    )


@pytest.mark.parametrize(("kind", "first"), [("appearance", 0), ("motion", 2), ("relation", 3)])
def test_frames_count_from_the_one_that_decides(kind: str, first: int) -> None:
    found = score_expression(kind, first, masks(0, 4, 8, 16), masks(16, 16, 16, 16))
    assert found.counted.tolist() == [t >= first for t in range(4)]
    assert found.j.tolist() == [0.0, 0.25, 0.5, 1.0], "J of all frames is kept"
    assert found.empty.tolist() == [True, False, False, False]
    assert found.visible.all()
    assert found.scored.tolist() == found.counted.tolist()
    assert found.j_mean == np.mean([0.0, 0.25, 0.5, 1.0][first:])
    assert found.f_mean == found.f[first:].mean()


def test_a_reappearing_target_is_scored_where_it_is_seen() -> None:
    truth = masks(16, 16, 0, 0, 16, 16)
    found = score_expression("reappearance", 1, masks(0, 16, 0, 16, 4, 16), truth)
    assert found.visible.tolist() == [True, True, False, False, True, True]
    assert found.scored.tolist() == [False, True, False, False, True, True]
    assert found.j_mean == pytest.approx((1 + 0.25 + 1) / 3)
    line = summarise([found])["reappearance"]
    assert line["j"] == found.j_mean
    assert line["f"] == found.f_mean
    assert line["hidden_empty"] == 0.5, "of two hidden frames one is empty"
    assert line["lost"] == 0.0, "the empty first frame does not count yet"


def test_hidden_frames_count_in_no_other_kind_apart() -> None:
    """A target that others hide for a frame: an empty mask is the right one there, and J says so."""
    found = score_expression("appearance", 0, masks(16, 0, 0), masks(16, 0, 16))
    assert found.scored.all()
    assert found.j.tolist() == [1.0, 1.0, 0.0]
    line = summarise([found])["appearance"]
    assert line["j"] == pytest.approx(2 / 3)
    assert "hidden_empty" not in line
    assert line["lost"] == 0.5, "of the two frames that show it"


def test_an_absent_target_asks_for_empty_frames() -> None:
    nothing = masks(0, 0, 0, 0)
    rows = [score_expression("absent", 0, prediction, nothing) for prediction in (masks(0, 0, 0, 2), nothing)]
    assert summarise(rows) == {"absent": {"expressions": 2, "empty": 7 / 8}}


def test_lost_frames_are_weighed_by_frame_and_wrong_ones_are_not_lost() -> None:
    short, long = scores(j=[0.0], empty=[1]), scores(j=[0.0, 0.0, 1.0], empty=[0, 0, 0])
    line = summarise([short, long])["appearance"]
    assert line["lost"] == 1 / 4
    assert line["j"] == pytest.approx((0 + 1 / 3) / 2), "J is weighed by expression"


def test_j_and_f_is_the_mean_of_both() -> None:
    line = summarise([scores(j=[0.5, 0.7], f=[0.9, 0.9]), scores(j=[0.2], f=[0.4])])["appearance"]
    assert line["j"] == pytest.approx(0.4)
    assert line["f"] == pytest.approx(0.65)
    assert line["j_and_f"] == pytest.approx(0.525)
    assert line["expressions"] == 2


def test_swapped_words_are_scored_on_the_counted_frames_in_which_the_other_is_seen() -> None:
    truth, other, hidden = masks(16, 16, 16, 16), masks(8, 0, 8, 8, left=4), masks(0, 0, 0, 0)
    found = score_expression("motion", 1, masks(8, 16, 16, 8), truth, [other, hidden])
    assert found.j_swapped == ((0.5 + 1.0) / 2, 0.0)
    assert score_expression("motion", 0, masks(8, 16, 16, 8), truth, [other]).j_swapped == ((1.0 + 0.5 + 1.0) / 3,)
    assert score_expression("motion", 0, truth, truth).j_swapped == ()


def test_swapped_scores_are_averaged_over_all_others_and_left_out_where_there_are_none() -> None:
    table = summarise([scores(swapped=(0.1, 0.2)), scores(swapped=(0.6,)), scores("relation")])
    assert table["appearance"]["j_swapped"] == pytest.approx(0.3)
    assert "j_swapped" not in table["relation"]
    assert table["all"]["j_swapped"] == pytest.approx(0.3)


def test_all_weighs_the_kinds_by_the_mix_and_leaves_absence_out() -> None:
    rows = [scores("appearance", j=[0.9])] * 3 + [scores("relation", j=[0.6]), scores("motion", j=[0.5], empty=[1])]
    rows += [scores("reappearance", j=[0.2], f=[0.4]), scores("absent", j=[0.0], visible=[0])]
    table = summarise(rows)
    assert list(table) == ["appearance", "relation", "motion", "reappearance", "absent", "all"]
    line = table["all"]
    assert line["j"] == pytest.approx((40 * 0.9 + 25 * 0.6 + 15 * 0.5 + 10 * 0.2) / 90)
    assert line["f"] == pytest.approx((40 * 0.9 + 25 * 0.6 + 15 * 0.5 + 10 * 0.4) / 90)
    assert line["j_and_f"] == pytest.approx((line["j"] + line["f"]) / 2)
    assert line["expressions"] == 6
    assert line["lost"] == pytest.approx(1 / 6)


def test_kinds_that_were_not_asked_for_have_no_weight() -> None:
    table = summarise([scores("relation", j=[0.6]), scores("motion", j=[0.2])])
    assert list(table) == ["relation", "motion", "all"]
    assert table["all"]["j"] == pytest.approx((25 * 0.6 + 15 * 0.2) / 40)


def test_an_expression_without_a_scored_frame_is_left_out() -> None:
    never_back = scores("reappearance", j=[0.0, 0.0], visible=[1, 0], counted=[0, 1])
    assert summarise([never_back]) == {}
    table = summarise([never_back, scores("reappearance", j=[0.5])])
    assert table["reappearance"]["expressions"] == table["all"]["expressions"] == 1
    assert table["reappearance"]["j"] == 0.5
