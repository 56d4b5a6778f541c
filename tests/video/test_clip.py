"""What every clip promises, whatever it is made of."""

import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from refsam_hf.video import Video, VideoError, open_video
from refsam_hf.video.clip import sane_rate


def test_size_is_known_after_the_first_frame(clip: np.ndarray) -> None:
    video = Video("a clip", lambda: iter(clip))
    assert (video.height, video.width) == (None, None)
    next(iter(video))
    assert (video.height, video.width) == clip.shape[1:3]


@pytest.mark.parametrize("shape", [(1, 4000, 3), (4000, 1, 3), (7, 64, 3), (0, 48, 3), (32, 0, 3)])
def test_frames_too_small_to_be_pictures(shape: tuple[int, ...]) -> None:
    size = f"{shape[0]}x{shape[1]}"
    with pytest.raises(VideoError, match=rf"frames, frame 0: expected at least 8 pixels on each side .* got {size}"):
        list(open_video([np.zeros(shape, np.uint8)]))
    assert len(list(open_video([np.zeros((8, 4000, 3), np.uint8)]))) == 1


def test_frames_of_different_sizes(clip: np.ndarray) -> None:
    with pytest.raises(VideoError, match=r"frame 1: expected all frames to be 32x48 .* got 32x40"):
        list(open_video([clip[0], clip[1][:, :40]]))


def test_no_frame_at_all() -> None:
    with pytest.raises(VideoError, match="a clip: expected at least one frame, got none"):
        list(Video("a clip", lambda: iter([])))


def test_one_frame_is_held_at_a_time() -> None:
    alive: list[weakref.ref[np.ndarray]] = []

    def camera() -> Iterator[np.ndarray]:
        for _ in range(50):
            frame = np.zeros((32, 48, 3), np.uint8)
            alive.append(weakref.ref(frame))
            yield frame
            del frame

    for count, frame in enumerate(open_video(camera()), start=1):
        assert frame is not None
        assert len(alive) == count  # not one is read ahead
        assert sum(reference() is not None for reference in alive) <= 2  # this one, and the one before in the loop


def test_reading_a_file_takes_the_same_memory_for_any_length(
    write_video: Callable[..., Path], clip: np.ndarray
) -> None:
    paths = [write_video(f"{times}.mkv", np.concatenate([clip] * times), codec="mpeg4") for times in (1, 2, 20)]
    peaks = []
    for path in paths:
        tracemalloc.start()
        for _ in open_video(path):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The first bears the imports.
    assert peaks[2] < peaks[1] + 4 * clip[0].nbytes


def test_rates() -> None:
    assert sane_rate(29.97) == 29.97
    assert sane_rate(None) is None
    assert sane_rate(0) is None
    assert sane_rate(90_000) is None  # the ticks of a clock
