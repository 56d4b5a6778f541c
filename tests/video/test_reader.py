"""What counts as one clip, and how paths are told apart."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from refsam_hf.video import VideoError, is_single_clip, open_video

FRAME = np.zeros((32, 48, 3), np.uint8)


@pytest.mark.parametrize(
    "source",
    [
        "clip.mp4",
        Path("clip.mp4"),
        "https://example.org/clip.mp4",
        np.stack([FRAME, FRAME]),
        [FRAME, FRAME],
        (FRAME, FRAME),
        [Image.fromarray(FRAME)],
        Image.fromarray(FRAME),
        iter([FRAME]),
        [],
    ],
)
def test_one_clip(source: Any) -> None:
    assert is_single_clip(source)


@pytest.mark.parametrize(
    "source",
    [
        ["clip.mp4"],
        [Path("clip.mp4"), Path("other.mp4")],
        [np.stack([FRAME, FRAME])],
        [[FRAME], [FRAME]],
        [iter([FRAME])],
    ],
)
def test_a_batch_of_clips(source: Any) -> None:
    assert not is_single_clip(source)
    with pytest.raises(VideoError, match="expected one clip, got a list of"):
        open_video(source)


def test_a_video_stays_what_it_is() -> None:
    video = open_video([FRAME])
    assert open_video(video) is video


def test_missing_path(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.mp4", "", tmp_path / "missing" / "deep.png"):
        with pytest.raises(FileNotFoundError, match="expected a video, an image or a folder of images, got no such"):
            open_video(path)


@pytest.mark.parametrize("name", ["empty.mp4", "empty.png", "empty.gif"])
def test_empty_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    for partial in (False, True):
        with pytest.raises(VideoError, match=rf"{name}: expected a video or an image, got an empty file \(0 bytes\)"):
            open_video(tmp_path / name, partial=partial)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(VideoError, match="pipe: expected a file or a folder, got a device or a pipe"):
        open_video(tmp_path / "pipe")


def test_the_content_counts_and_not_the_suffix(
    tmp_path: Path, write_video: Callable[..., Path], clip: np.ndarray
) -> None:
    Image.fromarray(clip[0]).save(tmp_path / "image.mp4", format="PNG")
    np.testing.assert_array_equal(np.stack(list(open_video(tmp_path / "image.mp4"))), clip[:1])
    video = write_video("clip.mkv").rename(tmp_path / "clip.jpg")
    assert len(list(open_video(video))) == len(clip)


def test_names_with_letters_of_any_kind(tmp_path: Path, write_video: Callable[..., Path]) -> None:
    path = write_video("clip.mkv").rename(tmp_path / "ein Ding %03d 東京 #1?.mkv")
    assert len(list(open_video(path))) == 10
    assert open_video(str(path)).name == str(path)
