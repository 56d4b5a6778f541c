"""Clips that Pillow reads: a still image, an animated one (GIF, APNG, WebP, AVIF), a folder of images."""

import contextlib
import io
import itertools
import re
import sys
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from .clip import Video, sane_rate
from .errors import VideoError, VideoWarning

if TYPE_CHECKING:
    from PIL.Image import Image

# Named, because some of Pillow's other formats take a video, or anything at all, for a picture (MPEG, TGA).
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF")
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".jp2", ".avif"}
)
# Frames whose duration is looked at to find the rate of an animation.
RATE_FRAMES = 10
FETCH_TIMEOUT = 30.0
EXIF_ORIENTATION = 0x0112
EXIF_TURNED = (5, 6, 7, 8)  # by a quarter, to one side or the other


def is_image(source: Any) -> bool:
    """Whether `source` is a PIL image."""
    pil = sys.modules.get("PIL.Image")  # an image exists only where Pillow was imported
    return pil is not None and isinstance(source, pil.Image)


def image_to_frame(image: "Image", name: str) -> np.ndarray:
    """A PIL image as a frame, uint8 (H, W, 3) RGB, turned as its EXIF orientation says.

    Gray, palette and CMYK images become RGB; an alpha channel is dropped; 16-bit gray is scaled, not cut off.

    Raises:
        VideoError: Pillow cannot decode it, or its numbers have no known range.
    """
    from PIL import ImageOps

    try:
        with _pixel_limit():
            image.load()
            if image.mode not in ("F", "I") and not image.mode.startswith("I;16"):
                return np.array(ImageOps.exif_transpose(image).convert("RGB"))
            gray = np.asarray(ImageOps.exif_transpose(image))
    except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
        raise VideoError(f"{name}: expected an image that can be decoded, got {_reason(error)}") from error
    top = 1.0 if image.mode == "F" else 65535.0
    if not (np.isfinite(gray).all() and gray.min() >= 0 and gray.max() <= top):
        raise VideoError(
            f"{name}: expected gray values in [0, {top:g}] for an image of mode {image.mode}, "
            f"got values from {gray.min():g} to {gray.max():g}"
        )
    return np.rint(gray * (255.0 / top)).astype(np.uint8)[..., None].repeat(3, axis=2)


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
    with _file(source) as file:
        image = _open(file, name)
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


def read_still(path: Path) -> np.ndarray:
    """The picture of an image file, uint8 (H, W, 3) RGB, the first one of an animation.

    Raises:
        VideoError: it is no image, or one that cannot be decoded.
        OSError: the file cannot be read.
    """
    with _file(path) as file:
        image = _open(file, str(path))
        if image is None:
            raise VideoError(f"{path}: expected an image, got a file that is none")
        return image_to_frame(image, str(path))


def read_size(path: Path) -> tuple[int, int]:
    """The height and width of an image file as `read_still` gives it; its header is read, and nothing is decoded.

    Raises:
        VideoError: it is no image.
        OSError: the file cannot be read.
    """
    with _file(path) as file:
        image = _open(file, str(path))
        if image is None:
            raise VideoError(f"{path}: expected an image, got a file that is none")
        try:
            lies = image.getexif().get(EXIF_ORIENTATION, 1) in EXIF_TURNED
        except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
            raise VideoError(f"{path}: expected an image that can be decoded, got {_reason(error)}") from error
        return (image.width, image.height) if lies else (image.height, image.width)


def read_label_map(path: Path) -> tuple[np.ndarray, bool]:
    """The labels of a PNG whose pixels are numbers of objects, and not colours.

    Returns:
        uint8 (H, W), and whether they point into a palette. What a gray image holds may be labels or brightness; gray
        of 2 and 4 bits is spread over 0 to 255.

    Raises:
        VideoError: it is no PNG, one that cannot be decoded, or one of colours or of 16 bits.
        OSError: the file cannot be read.
    """
    with _file(path) as file:
        image = _open(file, str(path))
        if image is None or image.format != "PNG":
            got = "a file that is no image" if image is None else image.format
            raise VideoError(f"{path}: expected a PNG, got {got}")
        if image.mode not in ("P", "L", "1"):
            raise VideoError(
                f"{path}: expected a palette image (mode P) or a gray one (L), got one of mode {image.mode}"
            )
        try:
            with _pixel_limit():
                image.load()
        except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
            raise VideoError(f"{path}: expected an image that can be decoded, got {_reason(error)}") from error
        return np.array(image, np.uint8), image.mode == "P"


def _frames(source: str | Path, name: str, partial: bool) -> Iterator[np.ndarray]:
    with _file(source) as file:
        image = _open(file, name)
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
                with _pixel_limit():
                    image.seek(index)
                frame = image_to_frame(image, f"{name}, frame {index - start}")
            except EOFError:
                if image.format == "GIF" and not _has_end_marker(file):
                    damage = "its end marker is missing"
                break
            except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
                damage = _reason(error.__cause__ or error)
                break
            yield frame
    if damage is not None:
        message = f"{name}: expected a whole image file, got one damaged after {index - start} frames: {damage}"
        if not partial:
            raise VideoError(f"{message}; partial=True (--partial) takes the frames before")
        warnings.warn(f"{message}; the frames before are taken", VideoWarning, stacklevel=2)


@contextlib.contextmanager
def _file(source: str | Path) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    else:
        with urllib.request.urlopen(source, timeout=FETCH_TIMEOUT) as response:
            content = response.read()
        yield io.BytesIO(content)


def _open(file: BinaryIO, name: str) -> "Image | None":
    """The image, not decoded yet, or None if it is none."""
    from PIL import Image, UnidentifiedImageError

    try:
        Image.init()
        with _pixel_limit():
            return Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])
    except UnidentifiedImageError:
        return None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise VideoError(
            f"{name}: expected an image of at most {Image.MAX_IMAGE_PIXELS} pixels, which is Pillow's limit "
            f"(PIL.Image.MAX_IMAGE_PIXELS), got a larger one: {error}"
        ) from error
    except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
        raise VideoError(f"{name}: expected an image that can be decoded, got {_reason(error)}") from error


def _length(image: "Image", name: str) -> int | None:
    """How many frames an image has; None for a GIF, which does not say."""
    if image.format == "GIF":
        return None
    if image.format == "MPO":  # its second picture is a depth or gain map of the first
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
        raise VideoError(f"{name}: expected an image that can be decoded, got {_reason(error)}") from error


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


@contextlib.contextmanager
def _pixel_limit() -> Iterator[None]:
    """Raises where Pillow warns of an image over its limit of pixels; twice over it, Pillow raises by itself."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def natural_order(name: str) -> list[tuple[int, str]]:
    """A key that sorts the numbers in a name as numbers: frame_2 comes before frame_10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)] + [(-1, name)]


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
