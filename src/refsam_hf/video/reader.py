"""Anything that shows a clip, read as RGB frames, one at a time."""

import os
import re
from pathlib import Path
from typing import Any

from .arrays import as_array, open_frames
from .clip import Video
from .container import open_container
from .errors import VideoError
from .image_files import is_image
from .images import SUFFIXES, open_folder, open_image

_URL = re.compile(r"https?://", re.IGNORECASE)


def is_single_clip(source: Any) -> bool:
    """Whether `source` is one clip, and not a batch of clips.

    One clip is a path or URL, a still image, a folder of images, an array (T, H, W, 3), a list of frames (PIL images
    or arrays of 3 dimensions) or an iterator of frames. A list of anything else (paths, arrays of 4 dimensions, lists)
    is a batch.
    """
    if not isinstance(source, list | tuple) or len(source) == 0:
        return True
    if is_image(source[0]):
        return True
    array = as_array(source[0])
    return array is not None and array.ndim <= 3


def open_video(source: Any, *, partial: bool = False) -> Video:
    """One clip as an iterable of frames, uint8 (H, W, 3) RGB, that are decoded only when they are asked for.

    Rotation is obeyed (the display matrix of a video, the EXIF orientation of an image).

    Args:
        source: the path or http(s) URL of a video (mp4, also fragmented, mkv, webm, avi, mov, ...) or of a still or
            animated image; the path of a folder of images, read in natural order; a PIL image; an array or tensor
            (T, H, W, 3) or (T, 3, H, W), uint8 or float in [0, 1]; or a list or iterator of frames.
        partial: take what can be read of a damaged file, with a `VideoWarning`, instead of raising.

    Raises:
        FileNotFoundError: the path does not exist.
        OSError: the path or URL cannot be read.
        VideoError: the source is empty, no video, without a frame, or a batch of clips. Damage, and frames of a wrong
            size, type or range, raise when they are come upon while reading.
    """
    if isinstance(source, Video):
        return source
    if isinstance(source, str | os.PathLike):
        return _open_address(os.fspath(source), partial)
    if not is_single_clip(source):
        raise VideoError(
            f"expected one clip, got a {type(source).__name__} of {len(source)} clips (its first item is of type "
            f"{type(source[0]).__name__}): open them one by one"
        )
    return open_frames(source)


def _open_address(name: str, partial: bool) -> Video:
    if _URL.match(name):
        suffix = Path(name.split("?")[0].split("#")[0]).suffix.lower()
        video = open_image(name, name, partial=partial) if suffix in SUFFIXES else None
        return video or open_container(name, name, partial=partial)
    path = Path(name)
    if not name or not path.exists():
        raise FileNotFoundError(f"{name!r}: expected a video, an image or a folder of images, got no such path")
    if path.is_dir():
        return open_folder(path, name, partial=partial)
    if not path.is_file():
        raise VideoError(f"{name}: expected a file or a folder, got a device or a pipe")
    if path.stat().st_size == 0:
        raise VideoError(f"{name}: expected a video or an image, got an empty file (0 bytes)")
    return open_image(path, name, partial=partial) or open_container(path, name, partial=partial)
