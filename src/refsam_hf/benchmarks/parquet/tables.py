"""The two tables of a prepared benchmark: one row per video, and beside it one per expression."""

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...video.errors import VideoError
from ...video.rle import encode_rle
from ..benchmark import Frames
from ..decoding import decode_frames, decode_masks
from ..image_folders import MASK_SUFFIXES, frame_path
from ..rows import check_masks
from .names import LOCAL_COLUMNS


def video_features() -> Any:
    """benchmark, split, video_id, frame_names, and in the same order frames, the images themselves, and labels, the
    label maps where the benchmark has them: PNGs whose pixels are numbers of objects."""
    from datasets import Features, Image, List, Value

    texts = {name: Value("string") for name in ("benchmark", "split", "video_id")}
    return Features({**texts, "frame_names": List(Value("string")), "frames": List(Image()), "labels": List(Image())})


def expression_features(features: Mapping[str, Any]) -> Any:
    """The columns of a row but for `LOCAL_COLUMNS`, and `masks` and `void`, a COCO RLE for each of `frame_names`.

    `masks` is empty where they are hidden, `void` where no pixel is void.
    """
    from datasets import Features, List, Value

    masks = List({"size": List(Value("int32")), "counts": Value("string")})
    kept = {name: feature for name, feature in features.items() if name not in LOCAL_COLUMNS}
    return Features({**kept, "masks": masks, "void": masks})


def table_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What is written of one video, whose rows these are.

    Every frame and mask is decoded once, so that nothing damaged is passed on; images are stored as they are, byte by
    byte.

    Raises:
        VideoError: a frame or mask cannot be decoded, or they differ in size.
    """
    first = rows[0]
    names = list(first["frame_names"])
    if any(list(row["frame_names"]) != names for row in rows):  # each has the frames that it is annotated in
        names = sorted({name for row in rows for name in row["frame_names"]})
    frames = decode_frames({**first, "frame_names": names})
    images = [_image(Path(first["frames_dir"]), name, frame) for name, frame in zip(names, frames, strict=True)]
    video = {name: first[name] for name in ("benchmark", "split", "video_id")}
    maps = [_label_map(Path(first["masks"]), name) for name in names] if os.path.isdir(first["masks"]) else []
    labels = [found for found in maps if found is not None]
    video |= {"frame_names": names, "frames": images, "labels": labels if len(labels) == len(names) else []}
    return video, [_expression(row, frames) for row in rows]


def _expression(row: Mapping[str, Any], frames: Frames) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in LOCAL_COLUMNS}
    if not row["masks"]:
        return kept | {"masks": [], "void": []}
    masks, void = decode_masks(row)
    check_masks(row, masks, frames.shape[1:3])
    shown = [encode_rle(mask) for mask in void] if void.any() else []
    return kept | {"masks": [encode_rle(mask) for mask in masks], "void": shown}


def _image(folder: Path, name: str, frame: np.ndarray) -> dict[str, Any]:
    """The file of a frame, or where it has none, being drawn or from a video, a PNG."""
    from PIL import Image

    if folder.is_dir():
        path = frame_path(folder, name)
        return {"bytes": path.read_bytes(), "path": path.name}
    png = io.BytesIO()
    Image.fromarray(frame).save(png, format="PNG")
    return {"bytes": png.getvalue(), "path": f"{name}.png"}


def _label_map(folder: Path, name: str) -> dict[str, Any] | None:
    """The file of a frame's label map; None in a benchmark whose masks are other files."""
    try:
        path = frame_path(folder, name, MASK_SUFFIXES)
    except VideoError:
        return None
    return {"bytes": path.read_bytes(), "path": path.name}
