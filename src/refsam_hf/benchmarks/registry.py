"""Every benchmark by its name: loading one, and decoding its rows."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..video.errors import VideoError
from .benchmark import Benchmark, Frames, Masks, Row
from .rows import check_masks

if TYPE_CHECKING:
    from datasets import Dataset

# Imported when they are asked for. The module has `BENCHMARKS`, a `Benchmark` for each of its names.
MODULES = {
    "shapes": "shapes.benchmark",
    "own_clips": "own_clips.benchmark",
    "refer_youtube_vos": "refer_youtube_vos",
    "ref_davis17": "ref_davis17",
    "mevis": "mevis",
    "refcoco": "refcoco",
    "refcoco+": "refcoco",
    "refcocog": "refcoco",
    "a2d_sentences": "a2d_sentences",
    "jhmdb_sentences": "jhmdb_sentences",
    "youtube_vis": "youtube_vis",
}

BENCHMARKS = tuple(MODULES)
"""The names of all benchmarks."""

FRAMES_AT_ONCE = 8  # that `iterate_frames` decodes


def benchmark_of(name: str) -> Benchmark:
    """The benchmark of a name.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in MODULES:
        raise ValueError(f"benchmark: expected one of {', '.join(MODULES)}, got {name!r}")
    found: Benchmark = import_module(f".{MODULES[name]}", __package__).BENCHMARKS[name]
    return found


def load_benchmark(name: str, root: str | os.PathLike[str] | None, split: str, **options: Any) -> "Dataset":
    """The rows of a split, one per expression, those of a video one after another.

    The rows hold no pixels: `decode_row`, or `load_benchmark(...).with_transform(decode_rows)`, decodes them when they
    are opened. `docs/benchmarks.md` has the folder, the splits and the options of each benchmark.

    Args:
        name: one of `BENCHMARKS`.
        root: the folder of the benchmark; None for "shapes", which is drawn.
        split: as the benchmark calls it; of "own_clips" the range of frames.

    Raises:
        ValueError: an unknown benchmark, split or option, or a folder that holds something else than it should.
        OSError: a folder or file is missing or cannot be read.
    """
    load = benchmark_of(name).load
    check_options(name, load, options)
    return load(root, split, **options)


def check_options(name: str, load: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Refuses options that a function does not take by name.

    Raises:
        ValueError: there is one; `name` is what takes them.
    """
    parameters = signature(load).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return  # which checks them itself
    known = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
    unknown = sorted(options.keys() - set(known))
    if unknown:
        raise ValueError(f"{name}: expected options out of {', '.join(known)}, got {', '.join(unknown)}")


def decode_frames(row: Row) -> Frames:
    """The frames that a row names, uint8 (T, H, W, 3) RGB.

    Whoever wants a few of them names only those: `decode_frames(row | {"frame_names": row["frame_names"][:3]})`.

    Raises:
        VideoError: a frame is gone, damaged or of another size than the others; video and frame are named.
    """
    with _named(row):
        return benchmark_of(row["benchmark"]).decode_frames(row)


def iterate_frames(row: Row) -> Iterator[NDArray[np.uint8]]:
    """The same frames, uint8 (H, W, 3) each, one after another: each decoded once, few held at a time.

    Raises:
        VideoError: as `decode_frames`.
    """
    names = row["frame_names"]
    with _named(row):
        iterate = benchmark_of(row["benchmark"]).iterate_frames
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
        return benchmark_of(row["benchmark"]).decode_masks(row)


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


@contextmanager
def _named(row: Row) -> Iterator[None]:
    """Whatever is wrong with the files of a row is an error of one kind that names its video."""
    try:
        yield
    except (VideoError, OSError) as error:
        raise VideoError(f"video {row['video_id']!r} of {row['benchmark']}: {error}") from error
