import zipfile

import numpy as np
import pytest
from PIL import Image

from refsam_hf.evaluation.predictions import open_predictions
from refsam_hf.evaluation.protocols import protocol_of
from refsam_hf.evaluation.submissions import write_submission
from refsam_hf.video.errors import VideoError
from refsam_hf.video.palette import voc_palette


def unpack(path):
    folder = path.with_suffix("")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
        return folder, archive.namelist()


@pytest.mark.parametrize(("benchmark", "top"), [("refer_youtube_vos", ("Annotations",)), ("mevis", ())])
def test_a_png_for_each_frame_of_each_expression(benchmark, top, tmp_path, make_row, labels, right, truth_of):
    rows = [make_row("0", [1]), make_row("1", [2])]
    (path,) = write_submission(tmp_path / "out.zip", benchmark, {"boxes": rows}, right)
    folder, names = unpack(path)
    frames = rows[0]["frame_names"]
    assert names == ["/".join([*top, "boxes", key, f"{frame}.png"]) for key in "01" for frame in frames]
    # as the server reads it
    image = Image.open(folder.joinpath(*top, "boxes", "1", "00003.png"))
    assert (image.mode, image.size) == ("L", (40, 30))
    np.testing.assert_array_equal(np.array(image), np.where(labels[3] == 2, 255, 0))
    # and what we wrote we score
    source = open_predictions(folder)
    items = protocol_of(benchmark).score_video(rows, source.predict(rows)[0], truth_of)
    assert [item["score"] for item in items] == [1, 1]


def test_label_maps_are_read_as_the_davis_code_does(tmp_path, make_row, labels, right):
    rows = [make_row(str(4 * place + k), [place + 1], annotator=k) for place in range(2) for k in range(4)]
    (path,) = write_submission(tmp_path / "out.zip", "ref_davis17", {"boxes": rows}, right)
    folder, names = unpack(path)
    assert names == [f"anno_{k}/boxes/{frame}.png" for k in range(4) for frame in rows[0]["frame_names"]]
    for k in range(4):
        for place, frame in enumerate(rows[0]["frame_names"]):
            image = Image.open(folder / f"anno_{k}" / "boxes" / f"{frame}.png")
            assert image.mode == "P"
            assert image.getpalette() == voc_palette().flatten().tolist()
            # davis2017.results: np.array(Image.open(mask_path)), the number of objects is its largest label
            np.testing.assert_array_equal(np.array(image), np.where(labels[place] == 255, 0, labels[place]))


def test_a_pixel_that_masks_share_is_that_of_the_lower_label_as_where_they_are_scored(
    tmp_path, make_row, labels, predicted, truth_of
):
    rows = [make_row("4", [2]), make_row("0", [1])]
    both = predicted((labels == 1) | (labels == 2))
    handed_in = {"0": predicted(labels == 1), "4": both}
    (path,) = write_submission(tmp_path / "out.zip", "ref_davis17", {"boxes": rows}, lambda rows: handed_in)
    folder, _ = unpack(path)
    for place, name in enumerate(rows[0]["frame_names"]):
        image = np.array(Image.open(folder / "anno_0" / "boxes" / f"{name}.png"))
        np.testing.assert_array_equal(image, np.where(labels[place] == 255, 0, labels[place]))
    for variant in ("default", "semi-supervised"):
        protocol = protocol_of("ref_davis17", variant)
        for found in (handed_in, open_predictions(folder).predict(rows)[0]):
            assert [item["score"] for item in protocol.score_video(rows, found, truth_of)] == [1, 1]
    items = protocol.score_video(rows, {"0": both, "4": both}, truth_of)  # nothing is left for object 2
    assert [float(np.mean(item["j"])) for item in items] == [pytest.approx(100 / 212), 0]


def test_the_same_masks_are_the_same_bytes(tmp_path, make_row, right):
    videos = {"boxes": [make_row("0", [1])]}
    paths = [write_submission(tmp_path / name, "mevis", videos, right)[0] for name in ("a.zip", "b.zip")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("column", ["video_id", "expression_id"])
@pytest.mark.parametrize("value", ["../boxes", "/boxes", "..", "a\\b", ""])
def test_ids_that_lead_out_of_the_zip_leave_the_old_one(column, value, tmp_path, make_row, right):
    path = tmp_path / "out.zip"
    path.write_bytes(b"old")
    rows = [make_row("0", [1]), make_row("1", [2]) | {column: value}]
    with pytest.raises(VideoError, match="id in a submission: expected a plain name"):
        write_submission(path, "refer_youtube_vos", {"boxes": rows}, right)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_not_predicted_is_not_handed_in(tmp_path, make_row, labels, predicted):
    rows = [make_row("0", [1]), make_row("1", [2])]
    one = predicted(labels == 2)
    one.masks[4] = None
    (path,) = write_submission(tmp_path / "out.zip", "mevis", {"boxes": rows}, lambda rows: {"1": one})
    assert unpack(path)[1] == [f"boxes/1/0000{t}.png" for t in range(4)]
