"""RefCOCO, RefCOCO+ and RefCOCOg among the benchmarks."""

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...video.progress import progress
from .. import json_masks
from ..benchmark import Benchmark, Masks, Row
from ..folder import BenchmarkFolder, plain_name
from ..image_folders import FRAME_SUFFIXES, decode_frames
from ..json_members import LARGEST_ID, member, whole_number
from ..problems import BenchmarkError, VideoProblems
from ..rows import clean_text, to_dataset
from .samples import Sample, read_converted, read_refs

if TYPE_CHECKING:
    from datasets import Dataset

SPLIT_BY = {"refcoco": "unc", "refcoco+": "unc", "refcocog": "umd"}
"""Who divided a benchmark into the splits of the published tables."""
IMAGES = ("train2014", "images/train2014", "images/mscoco/images/train2014")
LAYOUT = """\
  {refcoco,refcoco+,refcocog}/refs(unc|umd|google).p
  {refcoco,refcoco+,refcocog}/instances.json
or, converted:
  {refcoco,refcoco+,refcocog}/instances_<name>_<split>.json
and, for both:
  train2014/COCO_train2014_<id>.jpg    or images/train2014, or images/mscoco/images/train2014"""


def load(
    name: str,
    root: str | os.PathLike[str] | None,
    split: str,
    *,
    split_by: str | None = None,
    strict: bool = False,
    allow_links: bool = False,
) -> "Dataset":
    """The rows of a split, one per sentence: train, val, testA and testB (unc), train, val and test (umd).

    An image is a video of one frame. `mask_frames` and `mask_spans` say where its masks are, see `json_masks.COLUMNS`.
    The refs are read if they are there, the converted file if not.

    Args:
        name: refcoco, refcoco+ or refcocog.
        split_by: whose division into splits, "unc", "umd" or "google"; None for that of the published tables.
        strict: an image with a problem is an error, and not left out with a `BenchmarkWarning`.
        allow_links: follow links that lead out of the folder.

    Raises:
        OSError: a folder or file is missing.
        BenchmarkError: an unknown split, a file is broken, a pickle holds more than plain values, or no image is left.
    """
    folder = BenchmarkFolder(name, root, LAYOUT, allow_links=allow_links)
    split, refs_of = plain_name(split, "split"), plain_name(split_by or SPLIT_BY[name], "split_by")
    images = folder.folder(*IMAGES)
    problems = VideoProblems(f"{name} {split}", strict=strict)
    if split_by is None and not folder.has(f"{name}/refs({refs_of}).p"):
        source = read_converted(folder, name, split, problems)
    else:
        source = read_refs(folder, name, split, refs_of, problems)
    files = folder.listed(images, FRAME_SUFFIXES)
    common = {"benchmark": name, "split": split, "annotator": 0, "frames_dir": str(images)}
    rows: list[dict[str, Any]] = []
    # the sentences about an image one after another
    for sample in progress(_by_image(source.samples), desc=f"{name} {split}", unit="sentence"):
        with problems.of(sample.image_id):
            stem = Path(plain_name(sample.file_name, "file name of the image")).stem
            if stem not in files:
                raise BenchmarkError(f"{images}: expected the image {sample.file_name}, got none")
            object_id = whole_number(sample.object_id, "id of the annotation", most=LARGEST_ID)  # a crowd's is larger
            rows.append(
                common
                | {
                    "video_id": str(sample.image_id),
                    "expression_id": str(sample.expression_id),
                    "expression": clean_text(sample.text, f"sentence {sample.expression_id}"),
                    "object_ids": [object_id],
                    "frame_names": [stem],
                    "masks": str(source.instances),
                    "mask_frames": [stem],
                    "mask_spans": list(sample.span),
                }
            )
    problems.report(len(rows))
    return to_dataset(rows, json_masks.COLUMNS)


def _by_image(samples: Iterable[Sample]) -> list[Sample]:
    return sorted(samples, key=lambda sample: (sample.image_id, sample.expression_id))


def _decode_masks(row: Row) -> tuple[Masks, Masks]:
    return json_masks.decode_masks(row, _segmentations)


def _segmentations(annotation: Any) -> list[Any]:
    if isinstance(annotation, dict) and isinstance(annotation.get("segmentation"), dict):
        return [annotation["segmentation"]]  # of a crowd
    return [member(annotation, "segmentation", list, "annotation")]


BENCHMARKS = {
    name: Benchmark(
        partial(load, name),
        decode_frames,
        _decode_masks,
        default_split="val",
        protocols={"default": "refsam_hf.evaluation.protocols.refcoco:PROTOCOL"},
        submission="coco",
    )
    for name in SPLIT_BY
}
