"""Video in and out: anything that shows a clip -> frames; masks -> overlays, contact sheets, RLE, palette images."""

from .clip import Video
from .errors import VideoError, VideoWarning
from .reader import is_single_clip, open_video

__all__ = ["Video", "VideoError", "VideoWarning", "is_single_clip", "open_video"]
