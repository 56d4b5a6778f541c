"""Tiny clips that the tests of this folder write themselves."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HEIGHT, WIDTH, LENGTH = 32, 48, 10

WriteVideo = Callable[..., Path]


@pytest.fixture
def clip() -> np.ndarray:
    """(T, H, W, 3) uint8: a smooth picture, different in every corner, with a bright square that moves right."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = np.stack([rows * 7, columns * 5, 255 - rows * 3 - columns * 2], axis=-1).astype(np.uint8)
    frames = np.repeat(picture[None], LENGTH, axis=0)
    for index, frame in enumerate(frames):
        frame[12:20, 2 + 3 * index : 10 + 3 * index] = (250, 240, 20)
    return frames


@pytest.fixture
def write_video(tmp_path: Path, clip: np.ndarray) -> WriteVideo:
    """A function that writes frames as a video with PyAV and gives its path.

    `name` says the container by its suffix; the rest goes to the muxer (`options`), the encoder (`codec`,
    `codec_options`, `pix_fmt`) and the stream (`fps`, `rotation`: counter-clockwise degrees and the two flips).
    """

    def write(
        name: str,
        frames: Iterable[np.ndarray] = clip,
        *,
        codec: str = "libx264",
        codec_options: dict[str, str] | None = None,
        options: dict[str, str] | None = None,
        pix_fmt: str = "yuv420p",
        fps: int = 10,
        rotation: tuple[float, bool, bool] | None = None,
        times: list[int] | None = None,
        sound: bool = False,
    ) -> Path:
        import av

        path = tmp_path / name
        with av.open(str(path), "w", options=options or {}) as container:
            stream: Any = container.add_stream(codec, rate=fps, options=codec_options or {})
            stream.pix_fmt = pix_fmt
            if rotation is not None:
                stream.set_display_rotation(*rotation)
            audio: Any = container.add_stream("aac", rate=8000) if sound else None
            for index, array in enumerate(frames):
                if index == 0:
                    stream.height, stream.width = array.shape[:2]
                frame = av.VideoFrame.from_ndarray(array, format="rgb24")
                frame.pts = index if times is None else times[index]
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
            if audio is not None:
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
                silence.sample_rate = 8000
                container.mux(audio.encode(silence))
                container.mux(audio.encode(None))
        return path

    return write
