"""Clips that FFmpeg reads, through PyAV: mp4, mkv, webm, avi and the like, from a file or over http.

A header's counts and rates are never trusted. Whole files of some formats report no frames at all, and damaged files
report all that they once had: what was delivered is counted here and compared with what the file itself lists.
"""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .clip import Video, sane_rate
from .errors import VideoError, VideoWarning
from .integrity import Damage, Tally

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

# FFmpeg opens much more: text files as ANSI art, playlists that name other files. Sound is listed for a clear message.
FORMATS = (
    "mov,matroska,avi,mpegts,mpeg,mpegvideo,m4v,flv,asf,ogg,ivf,obu,h264,hevc,mjpeg,yuv4mpegpipe,nut,mxf,dv,rm,"
    "wav,mp3,aac,flac,aiff,amr"
)
TIMEOUT = 30.0  # seconds that a server may take to answer


def open_container(source: str | Path, name: str, *, partial: bool) -> Video:
    """The clip of a video file.

    Args:
        source: a path, or an http or https URL as a str.

    Raises:
        VideoError: FFmpeg cannot read it, or it holds no video. Damage inside is found while frames are read; with
            `partial`, what can be read is taken, with a warning.
        OSError: the URL cannot be read.
    """
    with _open(source, name) as container:
        stream = _video_stream(container, name)
        rate = stream.average_rate or stream.guessed_rate
        length = stream.frames or None
    return Video(name, lambda: _frames(source, name, partial), fps=sane_rate(rate), length_hint=length)


@contextlib.contextmanager
def _open(source: str | Path, name: str) -> "Iterator[InputContainer]":
    import av

    local = isinstance(source, Path)
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file" if local else "http,https,tcp,tls"}
    # With "file:" in front, no name of a file ("concat:a", "data:...") is taken for a protocol.
    address = f"file:{source}" if local else str(source)
    try:
        container = av.open(address, container_options=options, metadata_errors="replace", timeout=TIMEOUT)
    except av.FFmpegError as error:
        if not local and isinstance(error, OSError | av.error.HTTPError | av.error.HTTPClientError):
            raise OSError(f"{name}: expected a video that can be fetched, got {error.strerror}") from error
        raise VideoError(
            f"{name}: expected a video or an image, got a file that is neither, or whose index is cut off "
            f"({error.strerror})"
        ) from error
    with container:
        yield container


def _video_stream(container: "InputContainer", name: str) -> "VideoStream":
    from av.stream import Disposition

    # The cover of a song is a video stream of one picture to FFmpeg.
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        kinds = " and ".join(sorted({stream.type for stream in container.streams}))
        raise VideoError(f"{name}: expected a file with a video stream, got one with {kinds or 'no stream'} only")
    stream = next((stream for stream in streams if stream.disposition & Disposition.default), streams[0])
    if stream.codec_context is None:
        raise VideoError(f"{name}: expected a video codec that FFmpeg can decode, got one it does not know")
    return stream


def _frames(source: str | Path, name: str, partial: bool) -> Iterator[np.ndarray]:
    import av

    with _open(source, name) as container:
        stream = _video_stream(container, name)
        # Not "AUTO": decoding frames in parallel loses errors near the end of a file, and frames with them.
        stream.thread_type = "SLICE"
        if not partial:
            stream.codec_context.options = {"err_detect": "crccheck+explode"}
        tally, display = Tally(stream), _Display()
        damage = Damage(name, partial=partial)
        for packet in _packets(container, tally, damage):
            try:
                decoded = stream.decode(packet)
            except av.FFmpegError as error:
                damage.note(f"decoding failed ({error.strerror})", tally.frames)
                continue
            for frame in decoded:
                if frame.is_corrupt:
                    damage.note("a corrupt frame", tally.frames)
                tally.made(frame)
                yield display.upright(frame)
        missing = tally.missing(container)
        if missing is not None:
            damage.note(missing, tally.frames)
        shortfall = tally.shortfall(container, sane_rate(stream.average_rate))
    if damage.count:
        damage.warn(tally.frames)
    elif shortfall is not None:
        warnings.warn(f"{name}: {shortfall}; was the file cut short?", VideoWarning, stacklevel=2)


def _packets(container: "InputContainer", tally: Tally, damage: Damage) -> "Iterator[Packet | None]":
    """The packets of the tally's stream, and a None at the end, which makes the decoder give what it holds back."""
    import av

    try:
        for packet in container.demux():
            if packet.size == 0:
                continue  # PyAV's marks of the end, or a frame without data: to a decoder both say that all is over
            tally.saw(packet)
            if packet.stream_index == tally.stream.index:
                if packet.is_corrupt:
                    damage.note("a corrupt packet", tally.frames)
                yield packet
    except av.FFmpegError as error:
        damage.note(f"reading stopped ({error.strerror})", tally.frames)
    yield None


class _Display:
    """Turns and mirrors frames as the file's display matrix says."""

    def __init__(self) -> None:
        self._rotation: int | None = None
        self._order: tuple[int, int, int] = 0, 1, 2
        self._steps = 1, 1

    def upright(self, frame: "VideoFrame") -> np.ndarray:
        """The frame as it is to be seen, (H, W, 3) RGB."""
        # The matrix of each frame would be the same, and asking for it makes PyAV keep the frame until Python's
        # collector of cycles comes by: many frames in memory.
        if frame.rotation != self._rotation:
            self._rotation = frame.rotation
            self._read_matrix(frame)
        array = frame.to_ndarray(format="rgb24").transpose(self._order)
        return np.ascontiguousarray(array[:: self._steps[0], :: self._steps[1]])

    def _read_matrix(self, frame: "VideoFrame") -> None:
        from av.buffer import Buffer

        try:
            matrix = frame.side_data.get("DISPLAYMATRIX")
        except ValueError:  # the frame carries side data of a kind unknown to PyAV (Exif); it still knows the angle
            cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[round(frame.rotation / 90) % 4]
            a, b, c, d = cosine, -sine, sine, cosine
        else:
            a, b, c, d = 1, 0, 0, 1
            if isinstance(matrix, Buffer):
                a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32, count=5).tolist()
        # A pixel (x, y) is shown at (a*x + c*y, b*x + d*y); of any angle but a right one, the nearest right one.
        turned = abs(b) + abs(c) > abs(a) + abs(d)
        right, down = (c, b) if turned else (a, d)
        self._order = (1, 0, 2) if turned else (0, 1, 2)
        self._steps = -1 if down < 0 else 1, -1 if right < 0 else 1
