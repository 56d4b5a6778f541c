"""The pixels of the rows of any benchmark: of the frames that a row names, and of no others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..video.errors import VideoError
from .benchmark import Benchmark, Frames, Masks, Row
from .registry import benchmark_of
from .rows import check_masks

FRAMES_AT_ONCE = 8  # that `iterate_frames` decodes


def decode_frames(row: Row) -> Frames:
    """The frames that a row names, uint8 (T, H, W, 3) RGB.

    Whoever wants a few of them names only those: `decode_frames(row | {"frame_names": row["frame_names"][:3]})`.

    Raises:
        VideoError: a frame is gone, damaged or of another size than the others; video and frame are named.
    """
    with _named(row):
        return _benchmark_of(row).decode_frames(row)


def iterate_frames(row: Row) -> Iterator[NDArray[np.uint8]]:
    """The same frames, uint8 (H, W, 3) each, one after another: each decoded once, few held at a time.

    Raises:
        VideoError: as `decode_frames`.
    """
    names = row["frame_names"]
    with _named(row):
        iterate = _benchmark_of(row).iterate_frames
        if iterate is not None:
            yield from iterate(row)
            return
    # a video file would be read from its start for each part
    step = max(1, len(names)) if os.path.isfile(row["frames_dir"]) else FRAMES_AT_ONCE
    for start in range(0, len(names), step):
        yield from decode_frames({**row, "frame_names": names[start : start + step]})


def decode_masks(row: Row) -> tuple[Masks, Masks]:
    """The masks of a row's `object_ids` in the frames that it names, and the void pixels, bool (T, H, W) each.

    Raises:
        VideoError: the masks are hidden, or one is gone, damaged or of another size than the others.
    """
    if not row["masks"]:
        raise VideoError(
            f"video {row['video_id']!r}: expected masks, got none: those of the split {row['split']!r} of "
            f"{row['benchmark']} are not public (decode_frames gives its frames)"
        )
    with _named(row):
        return _benchmark_of(row).decode_masks(row)


def decode_row(row: Row) -> dict[str, np.ndarray]:
    """The pixels of the frames that a row names, T of them.

    Returns:
        `frames`, uint8 (T, H, W, 3); `masks` of its objects, bool (T, H, W); `void`, bool (T, H, W), true where a
        pixel is neither to be learned nor to be scored.

    Raises:
        VideoError: as `decode_frames` and `decode_masks`, or masks of another size than the frames.
    """
    frames = decode_frames(row)
    return {"frames": frames, **_masks_of(row, frames)}


def decode_rows(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The transform for `Dataset.with_transform`: adds `frames` and `void`, and puts the masks into `masks`."""
    count = len(next(iter(rows.values())))
    pixels: list[dict[str, np.ndarray]] = []
    last: tuple[Any, ...] = ()
    frames: Frames | None = None
    for index in range(count):
        row = {name: values[index] for name, values in rows.items()}
        key = row["benchmark"], row["frames_dir"], tuple(row["frame_names"])
        if frames is None or key != last:  # the rows of a video stand together: its frames are decoded once
            last, frames = key, decode_frames(row)
        pixels.append({"frames": frames.copy(), **_masks_of(row, frames)})
    return rows | {name: [found[name] for found in pixels] for name in ("frames", "masks", "void")}


def _masks_of(row: Row, frames: Frames) -> dict[str, Masks]:
    masks, void = decode_masks(row)
    check_masks(row, masks, frames.shape[1:3])
    return {"masks": masks, "void": void}


def _benchmark_of(row: Row) -> Benchmark:
    """What decodes a row: its benchmark, or if it was read from Parquet, what does so for all of them."""
    from .parquet.files import SCHEME
    from .parquet.reading import PREPARED

    return PREPARED if row["frames_dir"].startswith(SCHEME) else benchmark_of(row["benchmark"])


@contextmanager
def _named(row: Row) -> Iterator[None]:
    """Whatever is wrong with the files of a row is an error of one kind that names its video: damaged ones make the
    decoders of other packages raise nearly anything."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        text = str(error) if isinstance(error, (ValueError, OSError)) else f"{type(error).__name__}: {error}"
        raise VideoError(f"video {row['video_id']!r} of {row['benchmark']}: {text}") from error
