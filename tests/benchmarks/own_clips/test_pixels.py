"""Which frames and masks are decoded."""

from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks.own_clips import pixels
from refsam_hf.benchmarks.own_clips.pixels import decode_frames, decode_labels, iterate_frames
from refsam_hf.video import VideoError, open_video

WriteClip = Callable[..., Path]
NAMES = ["00003", "00001", "00003"]


def test_frames_of_a_folder_come_in_the_order_asked_for(
    clips: Path, pictures: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Mock(side_effect=pixels.read_still)
    monkeypatch.setattr(pixels, "read_still", read)
    frames = decode_frames(clips / "walk" / "frames", NAMES)
    np.testing.assert_array_equal(frames, pictures[[3, 1, 3]])
    assert read.call_count == 2  # what is asked for twice is decoded once, the rest never


def test_frames_of_a_video_come_in_the_order_asked_for(write_clip: WriteClip, pictures: np.ndarray) -> None:
    frames = decode_frames(write_clip("film", video=True) / "film.mp4", NAMES)
    assert frames.shape == (3, *pictures.shape[1:])
    np.testing.assert_allclose(frames[:, 8, 4].astype(int), pictures[[3, 1, 3], 8, 4].astype(int), atol=6)


def test_a_video_is_read_no_further_than_needed(write_clip: WriteClip, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counting(path: Path):
        for index, frame in enumerate(open_video(path)):
            read.append(index)
            yield frame

    monkeypatch.setattr(pixels, "open_video", counting)
    decode_frames(write_clip("film", video=True) / "film.mp4", ["00001", "00000"])
    assert read == [0, 1]


@pytest.mark.parametrize("video", [False, True])
def test_frames_one_by_one_are_the_same(video: bool, write_clip: WriteClip, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = write_clip("film", video=video)
    source = clip / ("film.mp4" if video else "frames")
    opened = Mock(side_effect=open_video)
    monkeypatch.setattr(pixels, "open_video", opened)
    names = ["00001", "00003"]
    frames = list(iterate_frames(source, names))
    assert opened.call_count == int(video)
    np.testing.assert_array_equal(np.stack(frames), decode_frames(source, names))
    with pytest.raises(VideoError, match="00009"):
        list(iterate_frames(source, ["00001", "00009"]))


def test_labels_come_in_the_order_asked_for(clips: Path, labels: np.ndarray) -> None:
    np.testing.assert_array_equal(decode_labels(clips / "walk" / "masks", NAMES), labels[[3, 1, 3]])


@pytest.mark.parametrize("name", ["00004", "../frames/00000", "", "00000.png"])
def test_a_frame_that_is_not_there(clips: Path, name: str) -> None:
    for decode, part in ((decode_frames, "frames"), (decode_labels, "masks")):
        with pytest.raises(VideoError, match=rf"{part}: expected an image named '{name}', got none"):
            decode(clips / "walk" / part, [name])


def test_a_frame_behind_the_end_of_a_video(write_clip: WriteClip) -> None:
    path = write_clip("film", video=True) / "film.mp4"
    with pytest.raises(VideoError, match=r"film\.mp4: expected a frame 00004, got a video of 4 frames"):
        decode_frames(path, ["00001", "00004"])


def test_frames_that_differ_in_size_by_now(clips: Path) -> None:
    Image.new("RGB", (30, 20)).save(clips / "walk" / "frames" / "00001.png")
    with pytest.raises(VideoError, match=r"frames, frame '00001': expected images of one size, 16x24 .*, got 20x30"):
        decode_frames(clips / "walk" / "frames", ["00000", "00001"])


def test_no_frame_is_asked_for(clips: Path) -> None:
    with pytest.raises(VideoError, match="expected the names of one or more frames, got none"):
        decode_frames(clips / "walk" / "frames", [])
