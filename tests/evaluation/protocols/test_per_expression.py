import numpy as np
import pytest

from refsam_hf.evaluation.protocols import Predicted, per_expression, protocol_of
from refsam_hf.evaluation.protocols.per_expression import score_video, summarise
from refsam_hf.video import VideoError


@pytest.mark.parametrize("benchmark", ["refer_youtube_vos", "mevis", "own_clips", "youtube_vis"])
def test_the_truth_scores_1_and_nothing_scores_0(benchmark, make_row, labels, truth_of, predicted):
    protocol = protocol_of(benchmark)
    rows = [make_row("0", [1]), make_row("1", [1, 2])]
    right = {"0": predicted(labels == 1), "1": predicted((labels == 1) | (labels == 2))}
    assert protocol.summarise(protocol.score_video(rows, right, truth_of))["all"]["j_and_f"] == 1.0
    table = protocol.summarise(protocol.score_video(rows, {}, truth_of))
    assert table["all"] == {"expressions": 2, "j": 0.0, "f": 0.0, "j_and_f": 0.0}


def test_shifted_masks_score_what_the_definitions_say(make_row, labels, truth_of, predicted, plain):
    shifted = np.roll(labels == 2, 2, axis=1)
    rows = [make_row("0", [1]), make_row("1", [2])]
    items = score_video(rows, {"0": predicted(labels == 1), "1": predicted(shifted)}, truth_of)
    j, f = plain(shifted & (labels != 255), labels == 2)
    np.testing.assert_allclose(items[1]["j"], j, atol=1e-12)
    np.testing.assert_allclose(items[1]["f"], f, atol=1e-12)
    assert summarise(items)["all"]["j_and_f"] == pytest.approx((1 + (j.mean() + f.mean()) / 2) / 2, abs=1e-12)


def test_a_missing_frame_is_an_empty_mask(make_row, labels, truth_of, predicted):
    whole = predicted(labels == 1)
    (item,) = score_video([make_row("0", [1])], {"0": Predicted([None, *whole.masks[1:]])}, truth_of)
    assert item["j"] == [0, 1, 1, 1, 1]


def test_of_nothing_the_empty_mask_is_right_and_no_prediction_is_not(make_row, labels, truth_of, predicted):
    row = make_row("0", [])
    (item,) = score_video([row], {"0": predicted(labels == 9)}, truth_of)
    assert (item["kind"], item["score"]) == ("nothing meant", 1.0)
    (item,) = score_video([row], {}, truth_of)
    assert item["score"] == 0.0


def test_every_expression_counts_the_same_whatever_its_kind(make_row, labels, truth_of, predicted):
    rows = [make_row("0", [1]), make_row("1", [1]), make_row("2", [1, 2])]
    table = summarise(score_video(rows, {"2": predicted(labels % 255 > 0)}, truth_of))
    assert list(table) == ["1-4 words", "several objects", "all"]
    assert table["all"]["j"] == pytest.approx(1 / 3)


def test_a_mask_of_another_size_names_its_frame(make_row, labels, truth_of, predicted):
    masks = predicted(labels == 1)
    masks.masks[3]["size"] = [40, 30]
    with pytest.raises(VideoError, match=r"'boxes', expression '0', frame 00003: expected .* 30x40 .*got 40x30"):
        score_video([make_row("0", [1])], {"0": masks}, truth_of)
    with pytest.raises(ValueError, match="expected 5 masks"):
        score_video([make_row("0", [1])], {"0": Predicted(masks.masks[:2])}, truth_of)


def test_a_long_clip_is_decoded_in_parts_and_scores_the_same(make_row, labels, truth_of, predicted, monkeypatch):
    protocol = protocol_of("mevis")
    row = make_row("0", [1])
    found = {"0": predicted(np.roll(labels == 1, 2, axis=2))}
    whole = protocol.score_video([row], found, truth_of)
    asked = []
    monkeypatch.setattr(per_expression, "FRAMES_AT_ONCE", 2)
    parts = protocol.score_video(
        [row], found, lambda part: (asked.append(len(part["frame_names"])), truth_of(part))[1]
    )
    assert asked == [2, 2, 1]
    assert parts == whole
    assert 0 < whole[0]["score"] < 1


def test_expressions_of_nothing_are_counted_as_known_or_not(make_row, labels, truth_of, predicted):
    protocol = protocol_of("own_clips")
    rows = [make_row("0", [1]), make_row("1", []), make_row("2", [])]
    empty = np.zeros(labels.shape, bool)
    found = {"0": predicted(labels == 1), "1": predicted(empty), "2": predicted(labels == 2)}
    table = protocol.summarise(protocol.score_video(rows, found, truth_of))
    assert (table["all"]["n_acc"], table["all"]["t_acc"]) == (0.5, 1)
    table = protocol.summarise(protocol.score_video(rows, {"0": found["0"]}, truth_of))
    assert (table["all"]["n_acc"], table["all"]["t_acc"]) == (0, 1)  # what was not handed in is not right
    assert "n_acc" not in protocol.summarise(protocol.score_video(rows[:1], found, truth_of))["all"]
