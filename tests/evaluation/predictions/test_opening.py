import pytest

from refsam_hf.evaluation.predictions import open_predictions
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
