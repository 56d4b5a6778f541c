"""Pictures into video files."""

import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from refsam_hf.video import VideoError, open_video
from refsam_hf.video.encoder import ENCODERS, Encoder, encode_frames


def encode(path: Path, clip: np.ndarray, rate: Fraction = Fraction(10)) -> None:
    encode_frames(path, clip, rate)


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv", ".gif"])
def test_what_is_written_can_be_read(suffix: str, tmp_path: Path, clip: np.ndarray) -> None:
    path = tmp_path / f"clip{suffix}"
    encode(path, clip)
    video = open_video(path)
    frames = np.stack(list(video))
    assert frames.shape == clip.shape
    assert np.abs(frames.astype(int) - clip).mean() < 6
    assert video.fps == 10


def test_colours_stay_what_they_are(tmp_path: Path) -> None:
    """Flat colours, as players see them: FFmpeg reads the matrix and the range that the file names."""
    for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255), (250, 240, 20), (30, 30, 30)):
        encode(tmp_path / "flat.mp4", np.full((2, 64, 64, 3), colour, np.uint8))
        frame = next(iter(open_video(tmp_path / "flat.mp4")))
        assert np.abs(frame.reshape(-1, 3).mean(axis=0) - colour).max() < 4


def test_h264_in_the_form_that_players_take(tmp_path: Path, clip: np.ndarray) -> None:
    import av

    encode(tmp_path / "clip.mp4", clip)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    content = (tmp_path / "clip.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # plays before it is all there


@pytest.mark.parametrize("shape", [(33, 48), (32, 49), (33, 49)])
def test_odd_sizes(shape: tuple[int, int], tmp_path: Path) -> None:
    picture = np.zeros((*shape, 3), np.uint8)
    picture[:, ::2] = 80
    picture[::2] += 80
    encode(tmp_path / "odd.mp4", picture[None])
    (frame,) = open_video(tmp_path / "odd.mp4")
    padding = (0, shape[0] % 2), (0, shape[1] % 2), (0, 0)
    expected = np.pad(picture, padding, mode="edge")
    assert frame.shape == expected.shape
    assert np.abs(frame.astype(int) - expected).mean() < 5  # neither cut off nor scaled


def test_the_next_best_codec(tmp_path: Path, clip: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in ENCODERS if name != "mpeg4"]:
        monkeypatch.delitem(ENCODERS, name)
    monkeypatch.setitem(ENCODERS, "no such codec", {})
    encode(tmp_path / "clip.mp4", clip)
    assert len(list(open_video(tmp_path / "clip.mp4"))) == len(clip)
    monkeypatch.delitem(ENCODERS, "mpeg4")
    with pytest.raises(VideoError, match=r"expected a size that can be encoded, got 32x48 \(no such codec: .*\)"):
        encode(tmp_path / "clip.mp4", clip)


def test_rates(tmp_path: Path, clip: np.ndarray) -> None:
    encode(tmp_path / "clip.mp4", clip, Fraction(30000, 1001))
    assert open_video(tmp_path / "clip.mp4").fps == pytest.approx(29.97, abs=0.01)


def test_a_gif_is_as_fast_as_browsers_show_it(tmp_path: Path, clip: np.ndarray) -> None:
    encode(tmp_path / "clip.gif", clip, Fraction(100))
    video = open_video(tmp_path / "clip.gif")
    assert len(list(video)) == len(clip) / 2
    assert video.fps == 50


def test_a_gif_keeps_the_colours_that_it_is_told_to(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
    picture[:2, :3] = 1, 250, 130
    colour = picture[:1, 0]
    for colours in (None, colour):
        encoder = Encoder(tmp_path / "a.gif", 64, 64, Fraction(10), colours=colours)
        encoder.write(picture)
        encoder.finish()
        (frame,) = open_video(tmp_path / "a.gif")
        assert (frame[0, 0] == colour).all() == (colours is not None)


def test_memory_does_not_grow(tmp_path: Path, clip: np.ndarray) -> None:

    encode(tmp_path / "warm.mp4", clip)
    peaks = []
    for times in (2, 20):
        encoder = Encoder(tmp_path / "clip.mp4", clip.shape[1], clip.shape[2], Fraction(10))
        tracemalloc.start()
        for _ in range(times):
            for picture in clip:
                encoder.write(picture)
        encoder.finish()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 10 * clip[0].nbytes
