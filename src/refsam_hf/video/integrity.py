"""Telling a whole video file from a damaged one, by counting what it lists and what it gives."""

import warnings
from typing import TYPE_CHECKING

from .errors import VideoError, VideoWarning

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Containers whose header states a duration that a cut file keeps, and that have no index to count by.
STATED_DURATION = ("matroska", "avi")


class Damage:
    """What was found wrong with a file: an error, or with `partial` one warning at the end."""

    def __init__(self, name: str, *, partial: bool) -> None:
        self.name = name
        self.partial = partial
        self.count = 0
        self._first = ""

    def note(self, what: str, frames: int) -> None:
        """Raises `VideoError`, or with `partial` remembers `what` was found after so many frames."""
        if not self.partial:
            raise VideoError(
                f"{self.name}: expected a whole video, got one that is damaged after {frames} frames: {what}; "
                "partial=True (--partial) takes what there is"
            )
        self._first = self._first or f"after {frames} frames, {what}"
        self.count += 1

    def warn(self, frames: int) -> None:
        """Says once, at the end, what was taken in spite of the damage."""
        more = f", and {self.count - 1} more" if self.count > 1 else ""
        message = f"{self.name}: {frames} frames of a damaged video are taken ({self._first}{more})"
        warnings.warn(message, VideoWarning, stacklevel=3)


class Tally:
    """Counts packets and frames of one video stream while it is read."""

    def __init__(self, stream: "VideoStream") -> None:
        self.frames = 0
        self.stream = stream
        self._packets = 0
        self._due = 0  # packets that have to become frames
        self._given = 0  # frames that were due
        self._first_key: int | None = None
        self._end = 0.0  # seconds, over all streams: sound may go on after the picture

    def saw(self, packet: "Packet") -> None:
        """Counts a packet of any stream."""
        start = packet.pts if packet.pts is not None else packet.dts
        if start is not None:
            self._end = max(self._end, float((start + (packet.duration or 0)) * packet.time_base))
        if packet.stream_index != self.stream.index:
            return
        self._packets += 1
        if self._first_key is None and packet.is_keyframe:
            self._first_key = packet.pts
        self._due += not packet.is_discard and self._counts(packet.pts)

    def made(self, frame: "VideoFrame") -> None:
        """Counts a decoded frame."""
        self.frames += 1
        self._given += self._counts(frame.pts)

    def missing(self, container: "InputContainer") -> str | None:
        """What an mp4's index lists and the file did not give, or None. Fragments extend the index as they come."""
        if "mp4" not in container.format.name:
            return None
        listed = len(self.stream.index_entries)
        if self._packets < listed:
            return f"its index lists {listed} frames, {self._packets} of them are there"
        if self._given < self._due:
            return f"{self._due} frames were to be decoded, {self._given} were"
        return None

    def shortfall(self, container: "InputContainer", rate: float | None) -> str | None:
        """How much earlier than its header says a file ended, or None. Needs a tolerance: no end is exact."""
        if not any(name in container.format.name for name in STATED_DURATION):
            return None
        stated = (container.duration or 0) / 1e6
        if self.stream.duration is not None and self.stream.time_base is not None:
            stated = max(stated, float(self.stream.duration * self.stream.time_base))
        if self._end >= stated - max(0.1, 2 / (rate or 25.0)):
            return None
        return f"expected {stated:.2f} s as its header says, got {self._end:.2f} s ({self.frames} frames)"

    def _counts(self, pts: int | None) -> bool:
        # Frames shown before the first key frame may rest on frames that were trimmed off: decoders skip them.
        return pts is None or self._first_key is None or pts >= self._first_key
