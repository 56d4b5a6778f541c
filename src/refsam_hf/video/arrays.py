"""Frames that are in memory already: PIL images, numpy arrays, torch tensors, alone, in lists, or from an iterator."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .clip import Video
from .errors import VideoError
from .image_files import image_to_frame, is_image

NAME = "frames"
# Room for what resizing and arithmetic in low precision add to values that are meant to lie in [0, 1].
TOLERANCE = 1e-6


def open_frames(source: Any) -> Video:
    """A clip of frames in memory.

    Args:
        source: an array or tensor (T, H, W, 3) or (T, 3, H, W), or of one frame; a PIL image; a list of either; or
            any other iterable of frames. Numbers are uint8, or floats in [0, 1].

    Raises:
        VideoError: the source is empty, or is nothing of that kind. What is wrong with a single frame is found when
            that frame is read.
    """
    if is_image(source):
        return Video(NAME, lambda: _convert([source]), length_hint=1)
    array = as_array(source)
    if array is not None:
        if array.ndim not in (3, 4):
            raise VideoError(f"{NAME}: expected an array of shape (T, H, W, 3), got {tuple(array.shape)}")
        source = array if array.ndim == 4 else array[None]
    if hasattr(source, "__len__"):
        if len(source) == 0:
            raise VideoError(f"{NAME}: expected at least one frame, got an empty {type(source).__name__}")
        return Video(NAME, lambda: _convert(source), length_hint=len(source))
    if not isinstance(source, Iterable):
        raise VideoError(
            f"{NAME}: expected a path, a URL, a PIL image, an array, or a list or iterator of frames, "
            f"got {type(source).__name__}"
        )
    frames = iter(source)
    # A generator and its like come to their end only once: a second pass must not look like an empty clip.
    passes = iter([frames] if frames is source else [])
    return Video(NAME, lambda: _convert(_next_pass(passes) if frames is source else source))


def as_array(source: Any) -> np.ndarray | None:
    """`source` as a numpy array if it is an array or a tensor of any library, else None."""
    torch = sys.modules.get("torch")  # a tensor exists only where torch was imported
    if torch is not None and isinstance(source, torch.Tensor):
        source = source.detach().cpu()
        return source.float().numpy() if source.dtype == torch.bfloat16 else source.numpy()
    if isinstance(source, np.ndarray):
        return source
    return np.asarray(source) if hasattr(source, "__array__") else None


def array_to_frame(array: np.ndarray, name: str) -> np.ndarray:
    """One frame, (H, W, 3) or (3, H, W), uint8 or float in [0, 1], as uint8 (H, W, 3).

    Raises:
        VideoError: another shape or type, a value that is NaN or infinite or outside [0, 1].
    """
    if array.ndim == 3 and array.shape[2] != 3 and array.shape[0] == 3:
        array = array.transpose(1, 2, 0)  # (3, H, W) -> (H, W, 3)
    if array.ndim != 3 or array.shape[2] != 3:
        raise VideoError(f"{name}: expected an RGB frame of shape (H, W, 3) or (3, H, W), got {tuple(array.shape)}")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if not np.issubdtype(array.dtype, np.floating):
        raise VideoError(f"{name}: expected uint8 in [0, 255] or float in [0, 1], got {array.dtype}")
    if not np.isfinite(array).all():
        raise VideoError(f"{name}: expected finite values in [0, 1], got NaN or infinity")
    if array.size and (array.min() < -TOLERANCE or array.max() > 1 + TOLERANCE):
        raise VideoError(
            f"{name}: expected float values in [0, 1], got values from {array.min():g} to {array.max():g} "
            "(frames in [0, 255] must be uint8)"
        )
    return np.rint(array.clip(0, 1).astype(np.float32) * 255).astype(np.uint8)


def _next_pass(passes: Iterator[Iterator[Any]]) -> Iterator[Any]:
    for frames in passes:
        return frames
    raise VideoError(f"{NAME}: an iterator of frames can be read only once; pass a list to read it again")


def to_frame(frame: Any, name: str) -> np.ndarray:
    """One frame, a PIL image or an array or tensor of any library, as uint8 (H, W, 3).

    Raises:
        VideoError: it is neither, or not one that shows an RGB image; `name` says which frame.
    """
    if is_image(frame):
        return image_to_frame(frame, name)
    array = as_array(frame)
    if array is None:
        raise VideoError(f"{name}: expected a PIL image or an array (H, W, 3), got {type(frame).__name__}")
    return array_to_frame(array, name)


def _convert(frames: Iterable[Any]) -> Iterator[np.ndarray]:
    for index, frame in enumerate(frames):
        yield to_frame(frame, f"{NAME}, frame {index}")
