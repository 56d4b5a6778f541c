"""A clip with its masks drawn over it, as a video or an animated GIF."""

import os
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from .caption import Caption
from .clip import sane_rate
from .encoder import Encoder
from .errors import VideoError
from .output import MaskOutput
from .overlay import draw_masks, object_colours, resize, view_size

DEFAULT_FPS = 25.0
LOWEST_FPS = 1 / 3600  # mp4 takes no picture that stands for days
GIF_MAX_SIDE = 640


class OverlayWriter(MaskOutput):
    """Writes a clip with a transparent fill and a contour per object, below a strip of the expressions and scores.

    Small frames are enlarged, so that the text can be read; a GIF is at most `GIF_MAX_SIDE` wide or high.

    Args:
        path: ends in .mp4, .m4v, .mov or .mkv (H.264, or the best codec present), or in .gif.
        fps: frames per second, one an hour at least; 25 where it is None.
        texts: the expressions.

    Raises:
        OSError: the path cannot be written to.
        VideoError: another suffix, no expression, or an fps that is none.
    """

    suffixes = (".mp4", ".m4v", ".mov", ".mkv", ".gif")

    def __init__(self, path: str | os.PathLike[str], fps: float | None, texts: Sequence[str]) -> None:
        rate = sane_rate(DEFAULT_FPS if fps is None else fps)
        if rate is None or rate < LOWEST_FPS:
            raise VideoError(f"{path}: expected frames per second from 1/3600 to 1000, got {fps}")
        super().__init__(path, texts)
        # of a low rate the seconds are what is exact
        self._rate = (
            Fraction(rate).limit_denominator(1001) if rate >= 1 else 1 / Fraction(1 / rate).limit_denominator(1001)
        )
        self._colours = object_colours(len(texts))
        # Made when the size of the frames is known.
        self._caption: Caption | None = None
        self._encoder: Encoder | None = None

    def _write(self, frame: np.ndarray, masks: np.ndarray, scores: np.ndarray) -> None:
        gif = self.path.suffix.lower() == ".gif"
        height, width = view_size(*self._size, largest=GIF_MAX_SIDE if gif else None)
        if self._caption is None or self._encoder is None:
            self._caption = Caption(self.texts, self._colours, width, size=min(40, max(13, width // 38)), scores=True)
            try:
                self._encoder = Encoder(
                    self._aside, self._caption.height + height, width, self._rate, colours=self._colours
                )
            except VideoError as error:
                raise VideoError(f"{self.path}: {error}") from error
            self._held.callback(self._encoder.abort)
        present = np.array([mask.any() for mask in masks])
        frame, masks = resize(frame, masks, height, width)
        picture = draw_masks(frame, masks, self._colours)
        self._encoder.write(np.concatenate([self._caption.draw(scores, present), picture]))

    def _finish(self) -> None:
        if self._encoder is not None:
            self._encoder.finish()
