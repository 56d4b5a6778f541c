"""Frames, and label maps, that are images in a folder, one for each frame, under the frame's name."""

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..video.errors import VideoError
from ..video.image_files import read_label_map, read_still
from .benchmark import Frames, Masks, Row
from .folder import plain_name

FRAME_SUFFIXES = (".jpg", ".jpeg", ".png")
MASK_SUFFIXES = (".png",)
VOID = 255
"""The label of pixels that are neither learned nor scored."""


def decode_frames(row: Row) -> Frames:
    """The frames that a row names, from the images in `frames_dir`.

    Raises:
        VideoError: one is not there, cannot be decoded, or is of another size than the first.
    """
    return _decode(Path(row["frames_dir"]), row["frame_names"], FRAME_SUFFIXES, read_still)


def decode_masks(row: Row) -> tuple[Masks, Masks]:
    """The masks of a row's objects and its void pixels, from the label maps in the folder `masks`.

    Raises:
        VideoError: as `decode_frames`.
    """
    labels = _decode(Path(row["masks"]), row["frame_names"], MASK_SUFFIXES, _labels)
    return np.isin(labels, [label for label in row["object_ids"] if label != VOID]), labels == VOID


def _labels(path: Path) -> NDArray[np.uint8]:
    state = path.stat()
    return _last_labels(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)  # Ref-DAVIS17's protocol asks for one object after another, in as many frames at a time
def _last_labels(path: Path, changed: int, size: int) -> NDArray[np.uint8]:
    return read_label_map(path)[0]


def frame_path(folder: Path, name: str, suffixes: Sequence[str] = FRAME_SUFFIXES) -> Path:
    """The image of a frame, which ends in one of the suffixes, in letters of any case.

    Raises:
        VideoError: there is none, or the name leads out of the folder.
    """
    plain_name(name, "name of a frame")
    for suffix in suffixes:
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    for found in sorted(os.listdir(folder) if folder.is_dir() else ()):  # a camera's 00000.JPG
        stem, suffix = os.path.splitext(found)
        if stem == name and suffix.lower() in suffixes and (folder / found).is_file():
            return folder / found
    raise VideoError(f"frame {name!r}: expected {folder / name}{' or '.join(suffixes)}, got none")


def stack_frames(names: Sequence[str], decode: Callable[[str], NDArray]) -> NDArray:
    """One array for each name, of one shape, with the frame named in whatever goes wrong.

    Raises:
        VideoError: there is no name, one cannot be decoded, or its size is not that of the first.
    """
    images: list[NDArray] = []
    for name in names:
        try:
            image = decode(name)
        except (VideoError, OSError) as error:
            text = str(error)
            raise VideoError(text if text.startswith("frame ") else f"frame {name!r}: {text}") from error
        if images and image.shape != images[0].shape:
            first, got = ("x".join(str(side) for side in found.shape[:2]) for found in (images[0], image))
            raise VideoError(f"frame {name!r}: expected {first} (height x width) like {names[0]!r}, got {got}")
        images.append(image)
    if not images:
        raise VideoError("expected the names of one or more frames, got none")
    return np.stack(images)


def _decode(
    folder: Path, names: Sequence[str], suffixes: Sequence[str], read: Callable[[Path], NDArray]
) -> NDArray[np.uint8]:
    return stack_frames(names, lambda name: read(frame_path(folder, name, suffixes)))
