"""The overlay video."""

from pathlib import Path

import numpy as np
import pytest

from refsam_hf.video import VideoError, open_video
from refsam_hf.video.overlay import object_colours
from refsam_hf.video.writer import OverlayWriter

TEXTS = ["the bright square", "the dark thing"]


def write(path: Path, clip: np.ndarray, fps: float | None = 10.0) -> list[np.ndarray]:
    """Writes an overlay whose first mask is the clip's square, and reads it again."""
    with OverlayWriter(path, fps, TEXTS) as output:
        for frame in clip:
            square = (frame == (250, 240, 20)).all(axis=-1)
            output.write(frame, np.stack([square, np.roll(square, 14, axis=0)]), [0.9, 0.2])
    return list(open_video(path))


@pytest.mark.parametrize("name", ["overlay.mp4", "overlay.mkv", "overlay.gif"])
def test_masks_and_texts_are_seen(name: str, tmp_path: Path, clip: np.ndarray) -> None:
    frames = write(tmp_path / name, clip)
    assert len(frames) == len(clip)
    height = frames[0].shape[0] - 32 * 8  # of the strip: the clip itself is enlarged eight times
    assert 20 < height < 80
    assert frames[0].shape[1] == 48 * 8
    strip, picture = frames[4][:height], frames[4][height:].astype(int)
    for colour in object_colours(2):
        difference = np.abs(strip.astype(int) - colour).max(axis=-1)
        assert (difference <= (0 if name.endswith("gif") else 50)).sum() > 20
    # Frame 4 has its square in rows 12 to 19, columns 14 to 21.
    assert np.abs(picture[16 * 8, 18 * 8] - (250, 240, 20)).max() > 30
    background = picture[2 * 8 : 6 * 8, 40 * 8 : 44 * 8].mean(axis=(0, 1))
    assert np.abs(background - clip[4, 2:6, 40:44].mean(axis=(0, 1))).max() < 12


def test_rate(tmp_path: Path, clip: np.ndarray) -> None:
    write(tmp_path / "a.mp4", clip, fps=29.97)
    assert open_video(tmp_path / "a.mp4").fps == pytest.approx(29.97, abs=0.01)
    write(tmp_path / "b.mp4", clip, fps=None)
    assert open_video(tmp_path / "b.mp4").fps == 25


@pytest.mark.parametrize("fps", [0.5, 1 / 60, 1 / 1800.5, 1 / 3600])
def test_a_low_rate(fps: float, tmp_path: Path, clip: np.ndarray) -> None:
    assert len(write(tmp_path / "slow.mp4", clip[:2], fps)) == 2
    assert open_video(tmp_path / "slow.mp4").fps == pytest.approx(fps)


@pytest.mark.parametrize("fps", [0.0, 1 / 86400, -1.0, float("nan"), float("inf"), 90_000.0])
def test_rates_that_are_none(fps: float, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"a.mp4: expected frames per second from 1/3600 to 1000, got"):
        OverlayWriter(tmp_path / "a.mp4", fps, TEXTS)
    assert list(tmp_path.iterdir()) == []


def test_a_large_clip_becomes_a_gif_of_bearable_size(tmp_path: Path) -> None:
    frames = write(tmp_path / "a.gif", np.zeros((1, 480, 1280, 3), np.uint8))
    assert frames[0].shape[1] == 640


def test_a_size_that_no_codec_takes(tmp_path: Path) -> None:
    output = OverlayWriter(tmp_path / "a.mp4", 10.0, ["x"])
    with pytest.raises(VideoError, match=r"a.mp4: expected a size that can be encoded, got"):
        output.write(np.zeros((8, 70_000, 3), np.uint8), np.zeros((1, 8, 70_000), bool), [0.0])
    output.discard()
    assert list(tmp_path.iterdir()) == []
