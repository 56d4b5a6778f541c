"""COCO's run-length encoding of masks, with `counts` as a str so that it goes into JSON."""

from typing import Any, TypedDict

import numpy as np

from .errors import VideoError

# A few bytes of RLE can state any size: 16384 x 16384 is more than any frame has.
MAX_PIXELS = 2**28


class Rle(TypedDict):
    """`size` is [H, W]; `counts` are the lengths of runs down the columns, of background first, in COCO's letters."""

    size: list[int]
    counts: str


def encode_rle(mask: np.ndarray) -> Rle:
    """A mask, bool (H, W), as COCO RLE.

    Raises:
        VideoError: the mask is not a bool array of two dimensions, or has no pixel.
    """
    from pycocotools import mask as coco

    if mask.dtype != np.bool_ or mask.ndim != 2 or mask.size == 0:
        raise VideoError(f"mask: expected a bool array of shape (H, W), got {mask.dtype} of shape {mask.shape}")
    rle = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    return {"size": [int(side) for side in rle["size"]], "counts": rle["counts"].decode("ascii")}


def decode_rle(rle: Any) -> np.ndarray:
    """The mask, bool (H, W), of a COCO RLE; its `counts` may be a str, bytes, or a list of run lengths.

    The runs are read here and not by pycocotools, which crashes the process, or returns memory that was never
    written, for counts that do not fit the size.

    Raises:
        VideoError: it is no RLE, or its counts do not add up to its size.
    """
    height, width, runs = _checked(rle)
    values = np.arange(runs.size) % 2 == 1  # background first
    return np.repeat(values, runs).reshape(width, height).T  # column by column -> (H, W)


def check_rle(rle: Any) -> tuple[int, int]:
    """The size (H, W) of a COCO RLE that `decode_rle` takes, found out without decoding it.

    Raises:
        VideoError: as `decode_rle`.
    """
    height, width, _ = _checked(rle)
    return height, width


def is_empty_rle(rle: Any) -> bool:
    """Whether a COCO RLE that `decode_rle` takes has no pixel, found out without decoding it.

    Raises:
        VideoError: as `decode_rle`.
    """
    return not _checked(rle)[2][1::2].any()


def _checked(rle: Any) -> tuple[int, int, np.ndarray]:
    """(H, W) and the run lengths, int64 (N,)."""
    if not isinstance(rle, dict) or not {"size", "counts"} <= rle.keys():
        raise VideoError(f"mask: expected an RLE {{'size': [H, W], 'counts': str}}, got {_short(rle)}")
    size = rle["size"]
    if not isinstance(size, list | tuple) or [type(side) for side in size] != [int, int] or min(size) <= 0:
        raise VideoError(f"mask: expected a size [H, W] of two positive integers, got {_short(size)}")
    height, width = size
    if height * width > MAX_PIXELS:
        raise VideoError(f"mask: expected a size of at most {MAX_PIXELS} pixels, got {height}x{width}")
    runs = _runs(rle["counts"])
    total = sum(runs.tolist())
    if runs.size == 0 or runs.min() < 0 or total != height * width:
        raise VideoError(f"mask: expected counts that add up to {height}x{width} = {height * width}, got {total}")
    return height, width, runs


def _runs(counts: Any) -> np.ndarray:
    """The run lengths, int64 (N,)."""
    if isinstance(counts, list):
        if not all(type(count) is int and 0 <= count <= MAX_PIXELS for count in counts):
            raise VideoError("mask: expected counts that are whole numbers and not negative, got others")
        return np.array(counts, np.int64)
    if isinstance(counts, str):
        counts = counts.encode("ascii", "replace")
    if not isinstance(counts, bytes):
        raise VideoError(f"mask: expected counts as a str or a list, got {type(counts).__name__}")
    # 6 bits a letter, from "0" on: 5 bits of the number, lowest first, and one that says that more letters follow.
    letters = np.frombuffer(counts, np.uint8).astype(np.int64) - ord("0")
    if letters.size == 0 or letters.min() < 0 or letters.max() > 63:
        raise VideoError(f"mask: expected counts in COCO's letters, got {_short(counts)}")
    last = letters & 32 == 0
    if not last[-1]:
        raise VideoError("mask: expected whole counts, got counts that are cut off")
    starts = np.concatenate([[0], np.flatnonzero(last)[:-1] + 1])  # of each number
    lengths = np.diff(np.append(starts, letters.size))
    if lengths.max() > 7:  # 35 bits: more than any number of pixels needs
        raise VideoError("mask: expected counts of at most 7 letters each, got longer ones")
    shift = 5 * (np.arange(letters.size) - np.repeat(starts, lengths))
    numbers = np.add.reduceat((letters & 31) << shift, starts)
    negative = letters[last] & 16 != 0  # the highest bit of the last letter is the sign
    numbers -= negative.astype(np.int64) << (5 * lengths)
    # From the fourth on, each is the difference to the one two before it.
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    return numbers


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
