"""MeViS, as it is published: Ding et al., "MeViS: A Large-scale Benchmark for Video Segmentation with Motion
Expressions", ICCV 2023."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..video.progress import progress
from . import json_masks
from .benchmark import Benchmark, Masks, Row
from .folder import BenchmarkFolder, plain_name
from .image_folders import FRAME_SUFFIXES, decode_frames
from .json_members import LARGEST_ID, member, whole_number
from .json_values import JsonFile
from .problems import BenchmarkError, VideoProblems
from .rows import clean_text, to_dataset
from .ytvos_layout import frame_names

if TYPE_CHECKING:
    from datasets import Dataset

NAME = "mevis"
LAYOUT = """\
  {train,valid_u,valid}/meta_expressions.json
  {train,valid_u}/mask_dict.json
  {train,valid_u,valid}/JPEGImages/<video>/<frame>.jpg"""
HIDDEN = "valid"


def load(
    root: str | os.PathLike[str] | None, split: str, *, strict: bool = False, allow_links: bool = False
) -> "Dataset":
    """The rows of a split: train, valid_u or valid. The masks of valid are not public.

    The target of an expression is the union of its objects. `mask_frames` and `mask_spans` say where they are, see
    `json_masks.COLUMNS`.

    Args:
        strict: a video with a problem is an error, and not left out with a `BenchmarkWarning`.
        allow_links: follow links that lead out of the folder.

    Raises:
        OSError: a folder or file is missing.
        BenchmarkError: a file is broken, or no video is left.
    """
    folder = BenchmarkFolder(NAME, root, LAYOUT, allow_links=allow_links)
    split = plain_name(split, "split")
    listed = folder.file(f"{split}/meta_expressions.json")
    images = folder.folder(f"{split}/JPEGImages")
    videos = member(folder.read_json(listed, dict), "videos", dict, str(listed))
    hidden = split == HIDDEN and not folder.has(f"{split}/mask_dict.json")
    masks = None if hidden else folder.file(f"{split}/mask_dict.json")
    values = None if masks is None else _annotations(masks)
    problems = VideoProblems(f"{NAME} {split}", strict=strict)
    rows: list[dict[str, Any]] = []
    for video in progress(sorted(videos), desc=f"{NAME} {split}", unit="video"):
        with problems.of(video):
            name = plain_name(video, "id of a video")
            # masks are in the order of the sorted names
            frames = sorted(frame_names(member(videos[video], "frames", list, "the list of expressions")))
            folder.check_files(images / name, frames, FRAME_SUFFIXES, "an image")
            expressions = member(videos[video], "expressions", dict, "the list of expressions")
            if not expressions:
                raise BenchmarkError("expected expressions, got none")
            common = {
                "benchmark": NAME,
                "split": split,
                "video_id": name,
                "annotator": 0,
                "frames_dir": str(images / name),
                "frame_names": frames,
                "masks": "" if masks is None else str(masks),
                "mask_frames": [] if masks is None else frames,
            }
            rows += [
                common
                | {
                    "expression_id": plain_name(key, "id of an expression"),
                    "expression": clean_text(member(entry, "exp", str, f"expression {key!r}"), f"expression {key!r}"),
                }
                | _objects(entry, f"expression {key!r}", len(frames), values)
                for key, entry in expressions.items()
            ]
    problems.report(len(rows))
    return to_dataset(rows, json_masks.COLUMNS)


class _Annotation(NamedTuple):
    """Where the masks of an object stand in mask_dict.json, and how many there are."""

    start: int
    end: int
    number: int | str


def _annotations(path: Path) -> dict[str, _Annotation]:
    return {
        str(value.key): _Annotation(
            value.start,
            value.end,
            len(value.content) if isinstance(value.content, list) else type(value.content).__name__,
        )
        for value in JsonFile(path).values()
    }


def _objects(
    entry: dict[str, Any], what: str, frames: int, annotations: Mapping[str, _Annotation] | None
) -> dict[str, Any]:
    """The objects of an expression, and where their masks are."""
    if annotations is None:
        return {"object_ids": [], "mask_spans": []}
    spans: list[int] = []
    for anno_id in member(entry, "anno_id", list, what):
        key = str(whole_number(anno_id, f"{what}, anno_id"))
        if key not in annotations:
            raise BenchmarkError(f"{what}: expected the masks of {key} in mask_dict.json, got none")
        found = annotations[key]
        if found.number != frames:
            raise BenchmarkError(f"{what}, masks of {key}: expected {frames}, one per frame, got {found.number}")
        spans += found.start, found.end
    ids = [whole_number(label, f"{what}, obj_id", most=LARGEST_ID) for label in member(entry, "obj_id", list, what)]
    return {"object_ids": ids, "mask_spans": spans}


def _decode_masks(row: Row) -> tuple[Masks, Masks]:
    return json_masks.decode_masks(row, lambda value: value)


BENCHMARKS = {
    NAME: Benchmark(
        load,
        decode_frames,
        _decode_masks,
        default_split="valid_u",
        protocols={"default": "refsam_hf.evaluation.protocols.mevis:PROTOCOL"},
        submission="expression_masks",
    )
}
