"""Decodes frames and masks of a clip: those asked for, and no others."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ...video import VideoError, open_video
from ...video.image_files import read_label_map, read_still
from ..image_folders import FRAME_SUFFIXES, MASK_SUFFIXES
from .listing import by_stem


def frame_name(index: int) -> str:
    """What a frame of a video is called, which has no name: 00000 is the first."""
    return f"{index:05d}"


def decode_frames(source: Path, names: Sequence[str]) -> np.ndarray:
    """Frames of a folder or a video, uint8 (T, H, W, 3), in the order of `names`, which may repeat.

    A video is read from its start up to the last of them.

    Raises:
        VideoError: a frame is not there, cannot be decoded, or they differ in size.
        OSError: the source cannot be read.
    """
    if source.is_dir():
        files = by_stem(source.iterdir(), FRAME_SUFFIXES)
        decoded = {name: read_still(_file_of(name, files, source)) for name in set(names)}
    else:
        decoded = _from_video(source, set(names))
    return _stack(names, [decoded[name] for name in names], source)


def iterate_frames(source: Path, names: Sequence[str]) -> Iterator[np.ndarray]:
    """The same frames, each uint8 (H, W, 3), one by one; those of a video have to be named in their order.

    Raises:
        VideoError, OSError: as `decode_frames`.
    """
    if source.is_dir():
        files = by_stem(source.iterdir(), FRAME_SUFFIXES)
        yield from (read_still(_file_of(name, files, source)) for name in names)
        return
    wanted = iter(names)
    name = next(wanted, None)
    for index, frame in enumerate(open_video(source)):
        if frame_name(index) == name:
            yield frame
            name = next(wanted, None)
            if name is None:
                return
    raise VideoError(f"{source}: expected a frame {name}, got a video of {index + 1} frames")


def decode_labels(folder: Path, names: Sequence[str]) -> np.ndarray:
    """The label maps of frames, uint8 (T, H, W): 0 is the background, 255 is void.

    Raises:
        VideoError: a mask is not there, is none, or they differ in size.
        OSError: the folder cannot be read.
    """
    files = by_stem(folder.iterdir(), MASK_SUFFIXES)
    decoded = {name: read_label_map(_file_of(name, files, folder))[0] for name in set(names)}
    return _stack(names, [decoded[name] for name in names], folder)


def _from_video(path: Path, names: set[str]) -> dict[str, np.ndarray]:
    decoded: dict[str, np.ndarray] = {}
    for index, frame in enumerate(open_video(path)):
        if frame_name(index) in names:
            decoded[frame_name(index)] = frame
            if len(decoded) == len(names):
                return decoded
    raise VideoError(f"{path}: expected a frame {min(names - decoded.keys())}, got a video of {index + 1} frames")


def _file_of(name: str, files: dict[str, Path], folder: Path) -> Path:
    if name not in files:
        raise VideoError(f"{os.fspath(folder)}: expected an image named {name!r}, got none")
    return files[name]


def _stack(names: Sequence[str], images: list[np.ndarray], source: Path) -> np.ndarray:
    if not images:
        raise VideoError(f"{source}: expected the names of one or more frames, got none")
    first = images[0].shape
    for name, image in zip(names, images, strict=True):
        if image.shape != first:
            expected, got = (f"{height}x{width}" for height, width in (first[:2], image.shape[:2]))
            raise VideoError(
                f"{source}, frame {name!r}: expected images of one size, {expected} (height x width), got {got}"
            )
    return np.stack(images)
