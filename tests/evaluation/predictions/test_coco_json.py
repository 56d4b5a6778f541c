import json

import pytest

from refsam_hf.evaluation.predictions import open_predictions
from refsam_hf.evaluation.predictions.coco_json import image_id, samples
from refsam_hf.video.errors import VideoError
from refsam_hf.video.rle import encode_rle


@pytest.fixture
def write(tmp_path):
    def write(entries):
        path = tmp_path / "results.json"
        path.write_text(json.dumps(entries))
        return path

    return write


def entry(row, name, mask, score=0.5):
    return {
        "image_id": image_id(row, name),
        "category_id": 1,
        "segmentation": encode_rle(mask),
        "score": score,
    }


def entries_of(rows, labels):
    return [
        entry(row, name, frame == row["object_ids"][0])
        for row in rows
        for name, frame in zip(row["frame_names"], labels, strict=True)
    ]


def test_ids_are_those_of_the_field(make_row):
    said = make_row("3", [1], video_id="EadxBPmQvtg")
    assert image_id(said | {"benchmark": "a2d_sentences"}, "00025") == "v_EadxBPmQvtg_f_25_i_3"
    assert image_id(said | {"benchmark": "jhmdb_sentences"}, "00025") == "v_EadxBPmQvtg_f_25"
    image = make_row("3", [1], video_id="581857", benchmark="refcoco")
    assert image_id(image, "COCO_train2014_000000581857") == "v_581857_f_COCO_train2014_000000581857_i_3"


def test_two_sentences_whose_samples_have_one_id_are_an_error(write, make_row):
    rows = [make_row("0", [1], benchmark="jhmdb_sentences"), make_row("1", [1], benchmark="jhmdb_sentences")]
    with pytest.raises(VideoError, match="'boxes': expected samples of different ids, got 'v_boxes_f_0' twice"):
        open_predictions(write([])).predict(rows)
    assert [place for _, place, _ in samples(rows[:1])] == [0, 1, 2, 3, 4]


def test_the_mask_of_the_highest_score_counts(write, rows, labels, assert_true):
    entries = entries_of(rows, labels)
    worse = entry(rows[0], "00000", labels[0] == 2, score=0.4)
    source = open_predictions(write([worse, *entries, worse]))
    predictions, notes = source.predict(rows)
    assert_true(predictions, rows)
    assert notes == []
    assert predictions["0"].scores == [0.5] * 5


def test_what_is_missing_or_too_much_is_listed(write, rows, make_row, labels):
    entries = [*entries_of(rows[:1], labels)[1:], entry(make_row("9", [1]), "00000", labels[0] == 1)]
    source = open_predictions(write(entries))
    predictions, notes = source.predict(rows[:2])
    assert predictions["0"].masks[0] is None
    assert notes == ["expression '0': not handed in: frame 00000", "not handed in: expression 1"]
    assert source.extra_videos({"boxes": rows}) == ["v_boxes_f_0_i_9"]
    assert source.extra_videos({"boxes": rows}, ["box"]) == ["v_boxes_f_0_i_9"]
    assert source.extra_videos({}, ["boxes"]) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "expected JSON, got something else: "),
        ("{}", "expected JSON with a list, got dict"),
        ('[{"image_id": 1}]', "result 0: expected an object with image_id, segmentation and score"),
        (
            '[{"image_id": 1, "segmentation": {"size": [4, 4], "counts": [15]}, "score": 1}]',
            "result 0: mask: expected c",
        ),
        (
            '[{"image_id": 1, "segmentation": {"size": [4, 4], "counts": [16]}, "score": "1"}]',
            "expected a number as sc",
        ),
    ],
)
def test_a_bad_file_is_an_error_that_names_the_entry(content, message, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(VideoError, match=rf"results\.json.*{message}"):
        open_predictions(path)
