"""Single image files, as Pillow reads them: frames, sizes and label maps."""

import contextlib
import http.client
import io
import sys
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from .errors import VideoError

if TYPE_CHECKING:
    from PIL.Image import Image

# Named, because some of Pillow's other formats take a video, or anything at all, for a picture (MPEG, TGA).
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF")
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
        with pixel_limit():
            image.load()
            if image.mode not in ("F", "I") and not image.mode.startswith("I;16"):
                return np.array(ImageOps.exif_transpose(image).convert("RGB"))
            gray = np.asarray(ImageOps.exif_transpose(image))
    except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
        raise VideoError(f"{name}: expected an image that can be decoded, got {reason(error)}") from error
    top = 1.0 if image.mode == "F" else 65535.0
    if not (np.isfinite(gray).all() and gray.min() >= 0 and gray.max() <= top):
        raise VideoError(
            f"{name}: expected gray values in [0, {top:g}] for an image of mode {image.mode}, "
            f"got values from {gray.min():g} to {gray.max():g}"
        )
    return np.rint(gray * (255.0 / top)).astype(np.uint8)[..., None].repeat(3, axis=2)


def read_still(path: Path) -> np.ndarray:
    """The picture of an image file, uint8 (H, W, 3) RGB, the first one of an animation.

    Raises:
        VideoError: it is no image, or one that cannot be decoded.
        OSError: the file cannot be read.
    """
    with image_file(path) as file:
        return decode_still(file, str(path))


def decode_still(file: BinaryIO, name: str) -> np.ndarray:
    """The same from the bytes of such a file; `name` is how errors call it."""
    image = open_pillow(file, name)
    if image is None:
        raise VideoError(f"{name}: expected an image, got a file that is none")
    return image_to_frame(image, name)


def read_size(path: Path) -> tuple[int, int]:
    """The height and width of an image file as `read_still` gives it; its header is read, and nothing is decoded.

    Raises:
        VideoError: it is no image.
        OSError: the file cannot be read.
    """
    with image_file(path) as file:
        image = open_pillow(file, str(path))
        if image is None:
            raise VideoError(f"{path}: expected an image, got a file that is none")
        try:
            lies = image.getexif().get(EXIF_ORIENTATION, 1) in EXIF_TURNED
        except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
            raise VideoError(f"{path}: expected an image that can be decoded, got {reason(error)}") from error
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
    with image_file(path) as file:
        return decode_label_map(file, str(path))


def decode_label_map(file: BinaryIO, name: str) -> tuple[np.ndarray, bool]:
    """The same from the bytes of such a file; `name` is how errors call it."""
    image = open_pillow(file, name)
    if image is None or image.format != "PNG":
        got = "a file that is no image" if image is None else image.format
        raise VideoError(f"{name}: expected a PNG, got {got}")
    if image.mode not in ("P", "L", "1"):
        raise VideoError(f"{name}: expected a palette image (mode P) or a gray one (L), got one of mode {image.mode}")
    try:
        with pixel_limit():
            image.load()
    except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
        raise VideoError(f"{name}: expected an image that can be decoded, got {reason(error)}") from error
    return np.array(image, np.uint8), image.mode == "P"


@contextlib.contextmanager
def image_file(source: str | Path) -> Iterator[BinaryIO]:
    """The bytes of an image, from a path, or from a URL as a str.

    Raises:
        OSError: the file or URL cannot be read.
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    else:
        try:
            with urllib.request.urlopen(source, timeout=FETCH_TIMEOUT) as response:
                content = response.read()
        except (OSError, http.client.HTTPException, ValueError) as error:  # the last of an address that is none
            raise OSError(f"{source}: expected an image that can be fetched, got {reason(error)}") from error
        yield io.BytesIO(content)


def open_pillow(file: BinaryIO, name: str) -> "Image | None":
    """The image, not decoded yet, or None if it is none.

    Raises:
        VideoError: it has more pixels than Pillow's limit, or is damaged.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        Image.init()
        with pixel_limit():
            return Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])
    except UnidentifiedImageError:
        return None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise VideoError(
            f"{name}: expected an image of at most {Image.MAX_IMAGE_PIXELS} pixels, which is Pillow's limit "
            f"(PIL.Image.MAX_IMAGE_PIXELS), got a larger one: {error}"
        ) from error
    except Exception as error:  # Pillow's plugins raise nearly anything on damaged data
        raise VideoError(f"{name}: expected an image that can be decoded, got {reason(error)}") from error


@contextlib.contextmanager
def pixel_limit() -> Iterator[None]:
    """Raises where Pillow warns of an image over its limit of pixels; twice over it, Pillow raises by itself."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def reason(error: BaseException) -> str:
    """What Pillow says, with the kind of error."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
