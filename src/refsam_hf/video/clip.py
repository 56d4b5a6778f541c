"""One clip, whatever it was made of: something to iterate over for RGB frames."""

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from .errors import VideoError

MIN_SIDE = 8
"""The shortest side of a frame, in pixels, that is worth looking at: a frame of 1x4000 is a mistake, not a picture."""


class Video:
    """An iterable of frames, uint8 (H, W, 3) RGB, that are decoded one by one as they are asked for.

    Clips made of a file, a folder, a list or an array can be read again from the start; a clip made of an iterator
    can be read once.

    Attributes:
        name: what the clip is called in messages and outputs: the path or URL, or "frames".
        fps: frames per second, or None where the source does not say or says nonsense.
        length_hint: about how many frames there are, for a progress bar; it comes from headers, which lie.
        height, width: of every frame, in pixels; None until the first frame was read.

    Iterating raises `VideoError` for a frame that cannot be decoded, is smaller than `MIN_SIDE` on a side or differs
    in size from the first one, and for a clip without any frame.
    """

    def __init__(
        self,
        name: str,
        frames: Callable[[], Iterator[np.ndarray]],
        *,
        fps: float | None = None,
        length_hint: int | None = None,
    ) -> None:
        self.name = name
        self.fps = fps
        self.length_hint = length_hint
        self.height: int | None = None
        self.width: int | None = None
        self._frames = frames

    def __iter__(self) -> Iterator[np.ndarray]:
        index = -1
        for index, frame in enumerate(self._frames()):
            self._check_size(index, frame)
            yield frame
        if index < 0:
            raise VideoError(f"{self.name}: expected at least one frame, got none")

    def __repr__(self) -> str:
        size = "size not known yet" if self.height is None else f"{self.height}x{self.width}"
        return f"Video({self.name!r}, {size}, fps={self.fps})"

    def _check_size(self, index: int, frame: np.ndarray) -> None:
        height, width = frame.shape[:2]
        if min(height, width) < MIN_SIDE:
            raise VideoError(
                f"{self.name}, frame {index}: expected at least {MIN_SIDE} pixels on each side (height x width), "
                f"got {height}x{width}"
            )
        if self.height is None or self.width is None:
            self.height, self.width = height, width
        elif (height, width) != (self.height, self.width):
            raise VideoError(
                f"{self.name}, frame {index}: expected all frames to be {self.height}x{self.width} (height x width) "
                f"like the first one, got {height}x{width}"
            )


def sane_rate(rate: float | Fraction | None) -> float | None:
    """A frame rate as a header states it, or None where it cannot be one (zero, or the ticks of a clock)."""
    return float(rate) if rate is not None and 0 < rate <= 1000 else None
