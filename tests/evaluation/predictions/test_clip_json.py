import json

import pytest

from refsam_hf.evaluation.predictions import open_predictions
from refsam_hf.evaluation.run_folder import RunFolder
from refsam_hf.video.errors import VideoError
from refsam_hf.video.rle import encode_rle


@pytest.fixture
def true_predictions(rows, labels, predicted):
    return {row["expression_id"]: predicted(labels == row["object_ids"][0], [0.5] * len(labels)) for row in rows}


def content(labels, texts):
    expressions = [
        {
            "text": text,
            "frame_indices": list(range(len(labels))),
            "scores": [0.5] * len(labels),
            "masks": [encode_rle(frame == label) for frame in labels],
        }
        for text, label in texts
    ]
    return {
        "video": "a.mp4",
        "height": labels.shape[1],
        "width": labels.shape[2],
        "fps": 6.0,
        "expressions": expressions,
    }


def test_the_predictions_of_a_run_are_read_again(tmp_path, rows, true_predictions, assert_true):
    folder = RunFolder(tmp_path / "run", {})
    folder.write_predictions(rows, true_predictions)
    for path in (folder.path, folder.path / "predictions"):
        source = open_predictions(path)
        predictions, notes = source.predict(rows)
        assert_true(predictions, rows)
        assert predictions["0"].scores == [0.5] * 5
        assert notes == []
        assert source.extra_videos({"boxes": rows}) == []


def test_an_odd_id_of_a_video_is_a_file_all_the_same(tmp_path, rows, true_predictions, assert_true):
    rows = [row | {"video_id": "../a b/ü%"} for row in rows]
    folder = RunFolder(tmp_path / "run", {})
    folder.write_predictions(rows, true_predictions)
    source = open_predictions(folder.path)
    assert_true(source.predict(rows)[0], rows)
    assert source.video_ids() == {"../a b/ü%"}
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


def test_masks_of_the_segment_command_are_told_by_their_words(tmp_path, rows, labels, assert_true):
    own = [rows[0], rows[2]]
    (tmp_path / "boxes").mkdir()
    texts = [("The  Box 4", 2), ("the box 0", 1), ("another", 1)]
    (tmp_path / "boxes" / "masks.json").write_text(json.dumps(content(labels, texts)))
    predictions, notes = open_predictions(tmp_path).predict(own)
    assert_true({row["expression_id"]: predictions[row["expression_id"]] for row in own}, own)
    assert notes == ["handed in, but not of the benchmark: expression 2 ('another')"]


def test_the_same_words_twice_are_taken_in_their_order(tmp_path, rows, labels, assert_true):
    same = [row | {"expression": "the box"} for row in (rows[0], rows[2])]
    (tmp_path / "boxes.json").write_text(json.dumps(content(labels, [("the box", 1), ("the box", 2)])))
    assert_true(open_predictions(tmp_path).predict(same)[0], same)


def test_frames_missing_or_too_many(tmp_path, rows, labels):
    made = content(labels, [("the box 0", 1)])
    made["expressions"][0]["frame_indices"] = [0, 1, 2, 3, 9]
    (tmp_path / "boxes.json").write_text(json.dumps(made))
    predictions, notes = open_predictions(tmp_path).predict(rows[:1])
    assert [mask is None for mask in predictions["0"].masks] == [False] * 4 + [True]
    assert notes == [
        "expression '0': handed in, but not asked for: frame number 9",
        "expression '0': not handed in: frame 00004",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"masks": [{"size": [30, 40], "counts": "04"}] * 5}, "expected counts that add up to 30x40"),
        ({"masks": [{"size": [15, 40], "counts": [600]}] * 5}, r"expected a mask of size \[30, 40\], got \[15, 40\]"),
        ({"frame_names": ["00000"]}, "expected 5 frame_names, one per mask"),
    ],
)
def test_a_bad_file_is_an_error_that_names_it(change, message, tmp_path, rows, labels):
    made = content(labels, [("the box 0", 1)])
    made["expressions"][0] |= change
    (tmp_path / "boxes.json").write_text(json.dumps(made))
    with pytest.raises(VideoError, match=rf"boxes\.json.*{message}"):
        open_predictions(tmp_path).predict(rows)
