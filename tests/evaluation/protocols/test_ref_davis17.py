import numpy as np
import pytest

from refsam_hf.evaluation.protocols.ref_davis17 import SEMI_SUPERVISED, UNSUPERVISED, labels_of_the_first_frame


@pytest.fixture
def rows(make_row):
    """The four annotators of two objects, numbered as the converted release does."""
    return [make_row(str(4 * place + k), [place + 1], k) for place in range(2) for k in range(4)]


@pytest.fixture
def predictions(rows, labels, predicted):
    return {row["expression_id"]: predicted(labels == row["object_ids"][0]) for row in rows}


@pytest.mark.parametrize("protocol", [UNSUPERVISED, SEMI_SUPERVISED])
def test_the_truth_scores_1(protocol, rows, predictions, truth_of):
    items = protocol.score_video(rows, predictions, truth_of)
    assert [(item["annotator"], item["object"]) for item in items] == [(k, o) for k in range(4) for o in (1, 2)]
    table = protocol.summarise(items)
    assert list(table) == [*(f"annotator {k}" for k in range(4)), "mean"]
    assert {table["mean"][name] for name in ("j", "f", "j_and_f", "j_recall", "f_recall")} == {1.0}
    assert table["mean"]["j_decay"] == table["mean"]["f_decay"] == 0.0


def test_shifted_masks_score_what_the_definitions_say(rows, predictions, truth_of, labels, predicted, plain):
    visible = labels != 255
    shifted = np.roll(labels == 1, 3, axis=2)
    predictions["2"] = predicted(shifted)  # annotator 2, object 1
    items = UNSUPERVISED.score_video(rows, predictions, truth_of)
    table = UNSUPERVISED.summarise(items)
    j, f = plain(shifted & visible, labels == 1)
    assert 0.1 < j.mean() < 0.9
    assert 0.1 < f.mean() < 0.9
    assert table["annotator 2"]["j"] == pytest.approx((j.mean() + 1) / 2, abs=1e-12)
    assert table["annotator 2"]["f"] == pytest.approx((f.mean() + 1) / 2, abs=1e-12)
    assert table["annotator 1"]["j_and_f"] == 1.0
    expected = (3 + ((j.mean() + 1) / 2 + (f.mean() + 1) / 2) / 2) / 4
    assert table["mean"]["j_and_f"] == pytest.approx(expected, abs=1e-12)


def test_annotators_score_the_same_together_and_alone(rows, predictions, truth_of, labels, predicted):
    predictions["1"] = predicted(np.roll(labels == 1, 2, axis=1))
    together = UNSUPERVISED.score_video(rows, predictions, truth_of)
    alone = [
        item
        for k in range(4)
        for item in UNSUPERVISED.score_video([row for row in rows if row["annotator"] == k], predictions, truth_of)
    ]
    assert together == alone


def test_labels_are_matched_without_supervision_and_count_with_it(rows, predictions, truth_of):
    predictions["0"], predictions["4"] = predictions["4"], predictions["0"]  # the objects of annotator 0
    matched = UNSUPERVISED.score_video(rows, predictions, truth_of)
    assert [item["matched"] for item in matched[:2]] == [2, 1]
    assert [item["score"] for item in matched] == [1.0] * 8
    semi = SEMI_SUPERVISED.score_video(rows, predictions, truth_of)
    assert [np.mean(item["j"]) for item in semi[:2]] == [0.0, 0.0]
    assert [len(item["frames"]) for item in semi] == [3] * 8


def test_what_was_not_handed_in_scores_0(rows, predictions, truth_of):
    del predictions["0"]
    items = UNSUPERVISED.score_video(rows, predictions, truth_of)
    assert [item["score"] for item in items[:2]] == [0.0, 1.0]
    none = UNSUPERVISED.summarise(UNSUPERVISED.score_video(rows, {}, truth_of))
    assert none["mean"]["j_and_f"] == 0.0


def test_the_objects_are_those_up_to_the_largest_id_of_the_first_frame(rows, truth_of, labels, predictions):
    labels[:, 0:3, 30:38] = 5  # nobody speaks of it
    labels[1:, 26:29, 3:8] = 7  # the first frame does not show it
    assert labels_of_the_first_frame(rows, truth_of) == [1, 2, 3, 4, 5]
    items = UNSUPERVISED.score_video(rows, predictions, truth_of)
    assert len(items) == 4 * 5
    # 3 and 4 are never there: an empty mask is right
    assert [item["score"] for item in items[:5]] == [1.0, 1.0, 1.0, 1.0, 0.0]
    assert items[4]["expression"] == "(no expression)"


@pytest.mark.parametrize(("shown", "expected"), [(3, 0.8), (2, 0.0)])
def test_the_proposals_are_the_labels_up_to_the_largest_that_is_shown(
    shown, expected, make_row, truth_of, labels, predicted
):
    """As in the official code: a label below it that is nowhere is an empty proposal, one above it is none."""
    labels[1:][labels[1:] == 2] = 0  # object 2 is in the first frame only: an empty mask is right in 4 of 5
    wrong = np.zeros(labels.shape, bool)
    wrong[:, 0:3, 34:39] = True
    rows = [make_row("0", [1]), make_row("4", [2]), make_row("8", [3])]
    masks = {1: labels == 1, 2: wrong & False, 3: wrong & False} | {shown: wrong}
    found = {row["expression_id"]: predicted(masks[row["object_ids"][0]]) for row in rows}
    if shown == 3:
        del found["4"]  # no map shows label 2
    items = UNSUPERVISED.score_video(rows, found, truth_of)
    assert [item["score"] for item in items] == pytest.approx([1.0, expected])


@pytest.mark.parametrize("largest", [0, 1, 2, 127, 254])
def test_the_largest_id_is_found_wherever_it_is(rows, truth_of, labels, largest):
    labels[0] = 0
    if largest:
        labels[0, 3, 3] = largest
    labels[1, 4, 4] = 200
    assert labels_of_the_first_frame(rows, truth_of) == list(range(1, largest + 1))


@pytest.mark.parametrize("protocol", [UNSUPERVISED, SEMI_SUPERVISED])
def test_frames_are_walked_in_parts_that_change_nothing(protocol, rows, predictions, truth_of, labels, monkeypatch):
    predictions["0"] = type(predictions["0"])(predictions["1"].masks[::-1])
    whole = protocol.score_video(rows, predictions, truth_of)
    asked = []
    monkeypatch.setattr("refsam_hf.evaluation.protocols.ref_davis17.FRAMES_AT_ONCE", 2)
    parts = protocol.score_video(rows, predictions, lambda row: asked.append(row["frame_names"]) or truth_of(row))
    assert parts == whole
    assert max(map(len, asked)) == 2


def test_another_number_of_masks_than_frames_is_an_error(rows, predictions, truth_of):
    predictions["5"] = type(predictions["5"])(predictions["5"].masks[:-1])
    with pytest.raises(ValueError, match=r"'boxes', expression '5': expected 5 masks, one per frame, got 4"):
        UNSUPERVISED.score_video(rows, predictions, truth_of)
