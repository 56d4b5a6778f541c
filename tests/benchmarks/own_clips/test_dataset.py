"""The table of a folder of clips, and what its rows are decoded to."""

import warnings
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks.own_clips import OwnClipsError, benchmark, decode_row, decode_rows, load_own_clips
from refsam_hf.benchmarks.rows import row_features
from refsam_hf.video import VideoError
from refsam_hf.video.palette import palette_image

WriteClip = Callable[..., Path]


def test_rows_follow_the_schema(clips: Path, write_clip: WriteClip, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip("film", video=True)
    monkeypatch.chdir(clips.parent)
    rows = load_own_clips("clips")
    assert rows.features == row_features()
    assert rows[0]["frames_dir"] == str(clips / "film" / "film.mp4")
    assert rows[3] == {
        "benchmark": "own_clips",
        "split": ":",
        "video_id": "walk",
        "expression_id": "1",
        "expression": "the late one",
        "object_ids": [2],
        "annotator": 0,
        "frames_dir": str(clips / "walk" / "frames"),
        "frame_names": ["00000", "00001", "00002", "00003"],
        "masks": str(clips / "walk" / "masks"),
    }
    assert rows["video_id"] == ["film", "film", "walk", "walk"]


def test_a_row_is_decoded_to_its_target(clips: Path, pictures: np.ndarray, labels: np.ndarray) -> None:
    for row, label in zip(load_own_clips(clips), (1, 2), strict=True):
        decoded = decode_row(row)
        np.testing.assert_array_equal(decoded["frames"], pictures)
        np.testing.assert_array_equal(decoded["masks"], labels == label)
        np.testing.assert_array_equal(decoded["void"], labels == 255)


def test_several_objects_are_one_target_and_none_is_empty(write_clip: WriteClip, labels: np.ndarray) -> None:
    said = [{"text": "both", "object_ids": [2, 1]}, {"text": "nothing", "object_ids": []}]
    both, nothing = load_own_clips(write_clip(expressions=said).parent)
    np.testing.assert_array_equal(decode_row(both)["masks"], (labels == 1) | (labels == 2))
    assert decode_row(nothing)["masks"].dtype == np.bool_
    assert not decode_row(nothing)["masks"].any()


def test_the_halves_of_a_clip(write_clip: WriteClip, pictures: np.ndarray, labels: np.ndarray) -> None:
    said = [{"text": "the left one", "object_ids": [1]}]
    clips = write_clip(expressions=said).parent
    write_clip("film", video=True, expressions=said)
    for frames, half in ((":50%", slice(2)), ("50%:", slice(2, 4))):
        film, walk = load_own_clips(clips, frames=frames)
        assert film["split"] == walk["split"] == frames
        assert film["frame_names"] == walk["frame_names"] == ["00000", "00001", "00002", "00003"][half]
        np.testing.assert_array_equal(decode_row(walk)["frames"], pictures[half])
        for row in (film, walk):
            np.testing.assert_array_equal(decode_row(row)["masks"], (labels == 1)[half])
        values = decode_row(film)["frames"][:, 8, 4, 0]
        np.testing.assert_allclose(values.astype(int), pictures[half, 8, 4, 0], atol=6)


def test_what_the_frames_do_not_show_is_left_out_with_a_warning(clips: Path) -> None:
    message = r"left out, as the frames ':50%' do not show what they speak of: walk, expression 1 \('the late one'\)"
    with pytest.warns(UserWarning, match=message):
        rows = load_own_clips(clips, frames=":50%")
    assert rows["expression_id"] == ["0"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_own_clips(clips, frames="50%:")["expression_id"] == ["0", "1"]


def test_what_is_true_of_nothing_is_never_left_out(write_clip: WriteClip) -> None:
    said = [{"text": "a cat", "object_ids": []}]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_own_clips(write_clip(expressions=said).parent, frames=":1")) == 1


def test_a_clip_without_such_frames(clips: Path) -> None:
    with pytest.raises(ValueError, match="frames: expected some of the 4 frames of 'walk', got none by '9:'"):
        load_own_clips(clips, frames="9:")


def test_frames_that_show_no_object(write_clip: WriteClip) -> None:
    clips = write_clip(expressions=[{"text": "the late one", "object_ids": [2]}]).parent
    with pytest.raises(ValueError, match="expected frames that show an object that is spoken of, got none by ':1'"):
        load_own_clips(clips, frames=":1")


def test_a_bad_range_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frames: expected START:STOP"):
        load_own_clips(tmp_path / "nowhere", frames="half")


def test_a_folder_with_problems_is_one_error(clips: Path) -> None:
    (clips / "walk" / "masks" / "00001.png").unlink()
    with pytest.raises(OwnClipsError) as caught:
        load_own_clips(clips)
    assert str(caught.value) == (
        f"{clips}: expected a folder of clips without problems, got 1 problem, namely: walk/masks/00001.png: expected "
        f"a mask for this frame, got none. `refsam check {clips}` lists all of them and says how to mend them"
    )


def test_the_error_names_the_first_of_many_problems(clips: Path, write_clip: WriteClip) -> None:
    for name in ("a", "b", "c", "d"):
        (write_clip(name) / "masks" / "00001.png").unlink()
    with pytest.raises(
        OwnClipsError, match=r"got 4 problems, the first are: a/masks/.*; b/masks/.*; c/masks/"
    ) as caught:
        load_own_clips(clips)
    assert "d/masks" not in str(caught.value)


def test_no_clip_and_no_folder(tmp_path: Path) -> None:
    with pytest.raises(OwnClipsError, match="expected a folder for every clip, got none"):
        load_own_clips(tmp_path)
    with pytest.raises(NotADirectoryError, match="expected a folder of clips, got no such path"):
        load_own_clips(tmp_path / "nowhere")


def test_a_row_decodes_only_the_frames_that_it_names(clips: Path, pictures: np.ndarray) -> None:
    row = load_own_clips(clips)[0]
    (clips / "walk" / "frames" / "00000.png").unlink()
    (clips / "walk" / "masks" / "00000.png").unlink()
    picked = row | {"frame_names": ["00002", "00001"]}
    np.testing.assert_array_equal(decode_row(picked)["frames"], pictures[[2, 1]])
    with pytest.raises(VideoError, match="expected an image named '00000', got none"):
        decode_row(row)


def test_a_mask_that_was_changed_later_on(clips: Path) -> None:
    rows = load_own_clips(clips)
    for path in (clips / "walk" / "masks").iterdir():
        palette_image(np.zeros((20, 30), np.uint8)).save(path)
    with pytest.raises(VideoError, match=r"'walk': expected masks of the size of the frames, 16x24 .*, got 20x30"):
        decode_row(rows[0])


def test_the_transform_decodes_a_clip_once_and_only_when_opened(
    clips: Path, write_clip: WriteClip, monkeypatch: pytest.MonkeyPatch, labels: np.ndarray
) -> None:
    write_clip("again")
    rows = load_own_clips(clips)
    decoded = Mock(side_effect=benchmark.decode_frames)
    monkeypatch.setattr(benchmark, "decode_frames", decoded)
    opened = rows.with_transform(decode_rows)
    decoded.assert_not_called()
    batch = opened[:4]
    assert decoded.call_count == 2
    assert [frames.shape for frames in batch["frames"]] == [(4, 16, 24, 3)] * 4
    np.testing.assert_array_equal(batch["masks"][3], labels == 2)
    np.testing.assert_array_equal(batch["void"][3], labels == 255)
    assert batch["expression"] == rows["expression"]
    batch["frames"][0][:] = 0
    assert batch["frames"][1].any()  # the rows of a clip share no memory


def test_exif_orientation_is_obeyed(clips: Path, pictures: np.ndarray) -> None:
    """A frame of a phone: stored lying, to be seen upright, as its mask is."""
    image = Image.fromarray(np.rot90(pictures[0]).copy())
    exif = image.getexif()
    exif[0x0112] = 6  # to be turned clockwise
    image.save(clips / "walk" / "frames" / "00000.png", exif=exif)
    np.testing.assert_array_equal(decode_row(load_own_clips(clips)[0])["frames"], pictures)
