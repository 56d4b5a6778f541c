"""Clips that Pillow reads: a still image, an animated one (GIF, APNG, WebP, AVIF), a folder of images."""

import contextlib
import io
import itertools
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from .clip import Video, sane_rate
from .errors import VideoError, VideoWarning
from .image_files import image_file, image_to_frame, open_pillow, pixel_limit, read_still, reason

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".jp2", ".avif"}
)
# Frames whose duration is looked at to find the rate of an animation.
RATE_FRAMES = 10


def open_image(source: str | Path, name: str, *, partial: bool) -> Video | None:
    """The clip of an image, or None if Pillow does not know it for an image.

    A still image is a clip of one frame. The rate of an animation is the mean over its first frames.

    Args:
        source: a path, or a URL as a str.

    Raises:
        VideoError: the image is over Pillow's limit of pixels, which guards against decompression bombs, or damaged.
            With `partial`, the frames before the damage of an animation are taken with a warning.
        OSError: the file or URL cannot be read.
    """
    with image_file(source) as file:
        image = open_pillow(file, name)
        if image is None:
            return None
        length = _length(image, name)
        rate = None if length == 1 else _rate(image)
    return Video(name, lambda: _frames(source, name, partial), fps=rate, length_hint=length)


def open_folder(folder: Path, name: str, *, partial: bool) -> Video:
    """The clip of a folder of images, in natural order: frame_2 comes before frame_10.

    Other files, hidden ones and sub-folders are left out.

    Raises:
        VideoError: there is no image in it, one cannot be decoded, or they differ in size. With `partial`, an image
            that cannot be decoded is left out with a warning.
    """
    paths = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")),
        key=lambda path: natural_order(path.name),
    )
    if not paths:
        raise VideoError(f"{name}: expected a folder of images ({', '.join(sorted(SUFFIXES))}), got none in it")
    return Video(name, lambda: _folder(paths, partial), length_hint=len(paths))


def _folder(paths: list[Path], partial: bool) -> Iterator[np.ndarray]:
    first: tuple[int, ...] | None = None
    for path in paths:
        try:
            frame = read_still(path)
        except VideoError as error:
            if not partial:
                raise
            warnings.warn(f"{error}; the frame is left out", VideoWarning, stacklevel=2)
            continue
        size = frame.shape[:2]
        first = first or size
        if size != first:
            raise VideoError(
                f"{path}: expected {first[0]}x{first[1]} pixels (height x width) like the first image of the folder, "
                f"got {size[0]}x{size[1]}"
            )
        yield frame


def _frames(source: str | Path, name: str, partial: bool) -> Iterator[np.ndarray]:
    with image_file(source) as file:
        image = open_pillow(file, name)
        if image is None:
            raise VideoError(f"{name}: expected an image, got a file that is one no more")
        if _length(image, name) == 1:
            yield image_to_frame(image, name)
            return
        # An APNG may open with a picture, for programs that know no APNG, that is no part of the animation.
        start = 1 if getattr(image, "default_image", False) else 0
        damage: str | None = None
        for index in itertools.count(start):
            try:
                with pixel_limit():
                    image.seek(index)
                frame = image_to_frame(image, f"{name}, frame {index - start}")
            except EOFError:
                if image.format == "GIF" and not _has_end_marker(file):
                    damage = "its end marker is missing"
                break
            except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
                damage = reason(error.__cause__ or error)
                break
            yield frame
    if damage is not None:
        message = f"{name}: expected a whole image file, got one damaged after {index - start} frames: {damage}"
        if not partial:
            raise VideoError(f"{message}; partial=True (--partial) takes the frames before")
        warnings.warn(f"{message}; the frames before are taken", VideoWarning, stacklevel=2)


def _length(image: "Image", name: str) -> int | None:
    """How many frames an image has; None for a GIF, which does not say."""
    if image.format == "GIF":
        return None
    if image.format == "MPO":  # its second picture is a depth or gain map of the first
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
        raise VideoError(f"{name}: expected an image that can be decoded, got {reason(error)}") from error


def _rate(image: "Image") -> float | None:
    """Frames per second of an animation, the mean over its first frames."""
    durations = []  # milliseconds
    with contextlib.suppress(Exception):  # the end, or damage, which is reported when the frames are read
        for index in range(RATE_FRAMES):
            image.seek(index)
            image.load()
            duration = float(image.info.get("duration") or 0)
            # What browsers do: a GIF whose delay is not given, or too short to be meant, plays at 10 a second.
            durations.append(100.0 if image.format == "GIF" and duration < 20 else duration)
    if len(durations) < 2 or sum(durations) <= 0:
        return None
    return sane_rate(1000.0 * len(durations) / sum(durations))


def _has_end_marker(file: BinaryIO) -> bool:
    """Whether a GIF ends as it has to: with ";", after which some programs leave a few zeros or a line break."""
    file.seek(0, io.SEEK_END)
    file.seek(max(0, file.tell() - 64))
    return file.read().rstrip(b"\0\r\n").endswith(b";")


def natural_order(name: str) -> list[tuple[int, str]]:
    """A key that sorts the numbers in a name as numbers: frame_2 comes before frame_10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)] + [(-1, name)]
