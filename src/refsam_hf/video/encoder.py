"""RGB pictures into a video file or an animated GIF, one by one."""

import contextlib
import math
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from .errors import VideoError

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

# In the order of preference; an FFmpeg without x264 has one of the others.
ENCODERS: dict[str, dict[str, str]] = {
    "libx264": {"crf": "18", "preset": "veryfast"},
    "libopenh264": {"b": "8M"},
    "h264_videotoolbox": {"b": "8M"},
    "h264_mf": {"b": "8M"},
    "mpeg4": {"qscale": "3"},
}
BT709 = 1
LIMITED_RANGE = 1
GIF_MAX_FPS = 50  # browsers slow down what is faster
GIF_OWN_COLOURS = 64


class Encoder:
    """Writes pictures of one size as H.264, or the best codec present, or as a GIF where `path` ends so.

    Args:
        path: an mp4, m4v, mov, mkv or gif.
        height, width: of the pictures, in pixels. Odd ones are made even by repeating the last row or column, as
            H.264 stores colours at half the size.
        rate: pictures per second. Of a GIF, those above 50 a second are left out evenly.
        colours: uint8 (N, 3), that a GIF with its 256 colours has to show as they are.

    Raises:
        VideoError: FFmpeg cannot encode pictures of this size.
    """

    def __init__(
        self, path: Path, height: int, width: int, rate: Fraction, *, colours: np.ndarray | None = None
    ) -> None:
        import av

        self._gif = path.suffix.lower() == ".gif"
        self._every = math.ceil(rate / GIF_MAX_FPS) if self._gif else 1
        self._pictures = 0
        self._colours = np.zeros((0, 3), np.uint8) if colours is None else colours[:GIF_OWN_COLOURS]
        rate /= self._every
        if not self._gif:
            height, width = height + height % 2, width + width % 2
        name, options = ("gif", {}) if self._gif else _best_encoder(height, width, rate)
        faststart = {"movflags": "+faststart"} if path.suffix.lower() in (".mp4", ".m4v", ".mov") else {}
        self._container = av.open(f"file:{path}", "w", options=faststart)
        self._stream = cast("VideoStream", self._container.add_stream(name, rate=rate, options=options))
        self._stream.height, self._stream.width = height, width
        self._stream.pix_fmt = "pal8" if self._gif else "yuv420p"
        if not self._gif:
            # Said, because players guess by the size of a picture what its colours mean.
            context = self._stream.codec_context
            context.colorspace = context.color_primaries = context.color_trc = BT709
            context.color_range = LIMITED_RANGE

    def write(self, picture: np.ndarray) -> None:
        """Adds a picture, uint8 (H, W, 3)."""
        index, self._pictures = self._pictures, self._pictures + 1
        if index % self._every:
            return
        frame = _to_palette(picture, self._colours) if self._gif else _to_yuv(picture)
        frame.pts = index // self._every
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Completes the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def abort(self) -> None:
        """Lets go of the file, which is then not complete."""
        import av

        with contextlib.suppress(av.FFmpegError):  # the disk may be full
            self._container.close()


def encode_frames(path: Path, frames: np.ndarray, rate: Fraction) -> None:
    """Writes pictures, uint8 (T, H, W, 3), as one file; `path` and `rate` as of `Encoder`.

    Raises:
        VideoError: FFmpeg cannot encode pictures of this size.
    """
    encoder = Encoder(path, frames.shape[1], frames.shape[2], rate)
    try:
        for frame in frames:
            encoder.write(frame)
        encoder.finish()
    except BaseException:
        encoder.abort()  # a file held open could not be removed everywhere
        raise


def _best_encoder(height: int, width: int, rate: Fraction) -> tuple[str, dict[str, str]]:
    """The first encoder that is present and takes pictures of this size, and its options."""
    import av
    from av.codec.codec import UnknownCodecError

    reasons = []
    for name, options in ENCODERS.items():
        try:
            context = cast("VideoCodecContext", av.CodecContext.create(name, "w"))
            context.height, context.width, context.pix_fmt = height, width, "yuv420p"
            context.framerate, context.time_base = rate, 1 / rate
            context.options = options
            context.open()
        except UnknownCodecError:
            reasons.append(f"{name}: not in this FFmpeg")
            continue
        except av.FFmpegError as error:
            reasons.append(f"{name}: {error.strerror}")
            continue
        return name, options
    raise VideoError(f"expected a size that can be encoded, got {height}x{width} ({'; '.join(reasons)})")


def _to_yuv(picture: np.ndarray) -> "VideoFrame":
    import av

    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        picture = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    return frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")


def _to_palette(picture: np.ndarray, colours: np.ndarray) -> "VideoFrame":
    """The picture in 256 colours, chosen for this picture, with `colours` among them."""
    import av
    from PIL import Image

    image = Image.fromarray(picture)
    # The octree is a hundred times faster than Pillow's default and, with dithering, as close to the picture.
    chosen = image.quantize(256 - len(colours), method=Image.Quantize.FASTOCTREE).getpalette() or []
    both = np.concatenate([colours, np.array(chosen, np.uint8).reshape(-1, 3)])[:256]
    palette = Image.new("P", (1, 1))
    palette.putpalette(both.tobytes())
    entries = np.full((256, 4), 255, np.uint8)  # alpha, red, green, blue
    entries[: len(both), 1:] = both
    pair: Any = (np.asarray(image.quantize(palette=palette)), entries)  # PyAV's annotations do not know it
    return av.VideoFrame.from_ndarray(pair, format="pal8")
