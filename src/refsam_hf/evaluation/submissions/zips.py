"""Zips of PNGs: what a folder of predictions holds, in one file, the same bytes every time."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ...benchmarks.folder import plain_name
from ...video.palette import palette_image
from ...video.rle import decode_rle
from ..predictions.label_map_folders import PREFIX
from ..protocols import Predicted, Row

Files = Iterator[tuple[tuple[str, ...], Image.Image]]
"""The parts of a path in the zip, and the image that lies there."""

OLDEST = (1980, 1, 1, 0, 0, 0)  # of a zip; the time of day is nobody's business


def write_zip(path: Path, files: Iterable[tuple[tuple[str, ...], Image.Image]]) -> int:
    """Writes the images as PNGs; returns how many.

    Raises:
        VideoError: a part of a path leads out of the folder that the zip will be unpacked to.
    """
    count = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # a PNG is compressed already
        for parts, image in files:
            for part in parts:
                plain_name(part, f"{path.name}: id in a submission")
            data = io.BytesIO()
            image.save(data, format="PNG")
            archive.writestr(zipfile.ZipInfo("/".join(parts) + ".png", OLDEST), data.getvalue())
            count += 1
    return count


def expression_masks(rows: Sequence[Row], predictions: Mapping[str, Predicted]) -> Files:
    """<video>/<expression>/<frame>.png, 0 and 255, as MeViS takes them."""
    for row in rows:
        predicted = predictions.get(row["expression_id"])
        for name, rle in zip(row["frame_names"], predicted.masks if predicted else (), strict=predicted is not None):
            if rle is not None:
                image = Image.fromarray(decode_rle(rle).astype(np.uint8) * 255)
                yield (row["video_id"], row["expression_id"], name), image


def annotated_masks(rows: Sequence[Row], predictions: Mapping[str, Predicted]) -> Files:
    """The same in a folder Annotations, as Refer-YouTube-VOS takes them."""
    return ((("Annotations", *parts), image) for parts, image in expression_masks(rows, predictions))


def label_maps(rows: Sequence[Row], predictions: Mapping[str, Predicted]) -> Files:
    """anno_<annotator>/<video>/<frame>.png, palette images in which label i is object i, as DAVIS takes them.

    Of masks of one annotator that share a pixel the lower label has it, as where they are scored.
    """
    for annotator in sorted({row["annotator"] for row in rows}):
        own = [row for row in rows if row["annotator"] == annotator and row["expression_id"] in predictions]
        if not own:
            continue
        for place, name in enumerate(own[0]["frame_names"]):
            masks = {row["object_ids"][0]: predictions[row["expression_id"]].masks[place] for row in own}
            decoded = {label: decode_rle(rle) for label, rle in masks.items() if rle is not None}
            if not decoded:
                continue
            labels = np.zeros(next(iter(decoded.values())).shape, np.uint8)
            for label in sorted(decoded, reverse=True):
                labels[decoded[label]] = label
            yield (f"{PREFIX}{annotator}", own[0]["video_id"], name), palette_image(labels)
