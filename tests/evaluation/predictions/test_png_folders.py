import numpy as np
import pytest
from PIL import Image

from refsam_hf.evaluation.predictions import open_predictions
from refsam_hf.evaluation.protocols import protocol_of
from refsam_hf.video.errors import VideoError


@pytest.mark.parametrize("parts", [(), ("Annotations",)])
@pytest.mark.parametrize("white", [255, 1])
def test_the_masks_are_read(parts, white, rows, write_pngs, assert_true):
    source = open_predictions(write_pngs(*parts, white=white))
    predictions, notes = source.predict(rows)
    assert_true(predictions, rows)
    assert notes == []
    assert source.extra_videos({"boxes": rows}) == []


def test_what_is_missing_or_too_much_is_listed_and_scored_as_empty(rows, write_pngs, labels, truth_of):
    folder = write_pngs()
    (folder / "boxes" / "0" / "00003.png").unlink()
    (folder / "boxes" / "0" / "00004.png").rename(folder / "boxes" / "0" / "00044.png")
    (folder / "boxes" / "4").rename(folder / "boxes" / "44")
    (folder / "other").mkdir()
    source = open_predictions(folder)
    predictions, notes = source.predict(rows)
    assert list(predictions) == ["0", "1", "5"]
    assert predictions["0"].masks[3:] == [None, None]
    assert notes == [
        "expression '0': handed in, but not asked for: frame 00044",
        "expression '0': not handed in: frames 00003, 00004",
        "not handed in: expression 4",
        "handed in, but not of the benchmark: expression 44",
    ]
    assert source.extra_videos({"boxes": rows}) == ["other"]
    items = protocol_of("mevis").score_video(rows, predictions, truth_of)
    assert [item["score"] for item in items] == pytest.approx([3 / 5, 1, 0, 1])


def test_a_video_that_was_not_handed_in(rows, make_row, write_pngs):
    other = [make_row("0", [1], video_id="late")]
    assert open_predictions(write_pngs()).predict(other) == ({}, ["not handed in"])


@pytest.mark.parametrize("column", ["video_id", "expression_id"])
@pytest.mark.parametrize("value", ["../boxes", "/boxes", "..", "a/b"])
def test_ids_that_lead_out_of_the_folder_are_refused(column, value, make_row, write_pngs):
    with pytest.raises(VideoError, match="expected a plain name, without a path"):
        open_predictions(write_pngs()).predict([make_row("0", [1]) | {column: value}])


def test_bad_images_are_errors_that_name_the_file(rows, write_pngs, truth_of):
    folder = write_pngs()
    path = folder / "boxes" / "0" / "00002.png"
    Image.fromarray(np.zeros((15, 20), np.uint8)).save(path)
    predictions, _ = open_predictions(folder).predict(rows)
    with pytest.raises(VideoError, match=r"expression '0', frame 00002: .* 30x40 .*, got 15x20"):
        protocol_of("mevis").score_video(rows, predictions, truth_of)
    Image.fromarray(np.zeros((30, 40, 3), np.uint8)).save(path)
    with pytest.raises(VideoError, match=r"00002\.png: expected a palette image"):
        open_predictions(folder).predict(rows)
    path.write_bytes(b"no image")
    with pytest.raises(VideoError, match=r"00002\.png: expected a PNG"):
        open_predictions(folder).predict(rows)
