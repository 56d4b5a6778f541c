import pytest

from refsam_hf.evaluation.predictions import open_predictions
from refsam_hf.evaluation.run_folder import RunFolder
from refsam_hf.video.errors import VideoError


def test_a_folder_without_predictions(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("")
    with pytest.raises(
        VideoError, match=r"expected predictions in one of these layouts, got none of them: <video>\.js"
    ):
        open_predictions(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="expected a folder of predictions, or a COCO results file, got nothing"
    ):
        open_predictions(tmp_path / "none")


@pytest.mark.parametrize("name", ["config.json", "boxes/masks.json"])
def test_images_and_json_in_one_folder(name, write_pngs):
    folder = write_pngs()
    (folder / name).write_text("{}")
    got = rf"JSON \({name.removesuffix('/masks.json')}\) and images \(boxes/0/00000\.png\)"
    with pytest.raises(VideoError, match=f"expected predictions in one layout, got {got}"):
        open_predictions(folder)


def test_json_beside_images_in_a_folder_of_a_known_name(rows, write_pngs, assert_true):
    folder = write_pngs("Annotations")
    (folder / "config.json").write_text("{}")
    assert_true(open_predictions(folder).predict(rows)[0], rows)


def test_a_run_that_scored_predictions_of_others_keeps_none(tmp_path):
    folder = RunFolder(tmp_path / "run", {"predictions": "theirs/mevis"})
    with pytest.raises(VideoError, match="run: expected predictions, got the scores of those in theirs/mevis: name"):
        open_predictions(folder.path)
