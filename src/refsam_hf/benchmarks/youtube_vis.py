"""Folders in the style of YouTube-VIS: one JSON file of videos and annotations with a mask for every frame.

Yang et al., "Video Instance Segmentation", ICCV 2019; OVIS, UVO and others are published so.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
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

NAME = "youtube_vis"
LAYOUT = """\
  <split>/instances.json    or <split>.json, or annotations/<split>.json
      {"videos": [{"id", "file_names": ["<video>/<frame>.jpg", ...], "expressions": ["...", ...]}],
       "annotations": [{"id", "video_id", "category_id", "segmentations": [RLE, polygons or null for each frame],
                        "expressions": ["...", ...]}],
       "categories": [{"id", "name"}]}
  <split>/JPEGImages/<video>/<frame>.jpg    or JPEGImages/<video>/<frame>.jpg"""


class _Annotation(NamedTuple):
    """One object of a video, and where it stands in the file."""

    id: int
    category: object
    expressions: Sequence[object]
    masks: object
    span: tuple[int, int]


def load(
    root: str | os.PathLike[str] | None, split: str, *, strict: bool = False, allow_links: bool = False
) -> "Dataset":
    """The rows of a split, which is the name of its file.

    YouTube-VIS has no expressions. Those that a video has are about all of its annotations together, those of an
    annotation about it alone; where neither a video nor its annotations have any, each category that it shows is one
    expression, about all its objects of that category. `object_ids` are ids of annotations; `mask_frames` and
    `mask_spans` say where their masks are, see `json_masks.COLUMNS`. A file without annotations hides its masks.

    Args:
        strict: a video with a problem is an error, and not left out with a `BenchmarkWarning`.
        allow_links: follow links that lead out of the folder.

    Raises:
        OSError: a folder or file is missing.
        BenchmarkError: a file is broken, or no video is left.
    """
    folder = BenchmarkFolder(NAME, root, LAYOUT, allow_links=allow_links)
    split = plain_name(split, "split")
    path = folder.file(f"{split}/instances.json", f"{split}.json", f"annotations/{split}.json")
    images = folder.folder(f"{split}/JPEGImages", "JPEGImages")
    file = JsonFile(path)
    contents: dict[str | int, Any] = {}
    annotations: dict[int, list[_Annotation]] = {}
    for value in file.values("annotations"):
        if value.part is None:
            contents[value.key] = file.whole(value)
        else:
            what = f"{path}, annotation {value.key}"
            number, annotation = _read_annotation(file.whole(value), what, (value.start, value.end))
            annotations.setdefault(number, []).append(annotation)
    hidden = not annotations
    names = _category_names(contents, str(path))
    problems = VideoProblems(f"{NAME} {split}", strict=strict)
    rows_of: dict[str, list[dict[str, Any]]] = {}
    for entry in progress(member(contents, "videos", list, str(path)), desc=f"{NAME} {split}", unit="video"):
        with problems.of(_called(entry)):
            video, frames = _frames(entry)
            folder.check_files(images / video, frames, FRAME_SUFFIXES, "an image")
            own = annotations.get(whole_number(entry.get("id"), "id of the video"), [])
            for annotation in own:
                if not isinstance(annotation.masks, int) or annotation.masks != len(frames):
                    raise BenchmarkError(
                        f"annotation {annotation.id}: expected {len(frames)} segmentations, one per frame, got "
                        f"{annotation.masks}"
                    )
            said = [(clean_text(text, "expression"), targets) for text, targets in _said(entry, own, names)]
            rows = rows_of.setdefault(video, [])  # entries may share a folder of frames
            for text, targets in said:
                rows.append(
                    {
                        "benchmark": NAME,
                        "split": split,
                        "video_id": video,
                        "expression_id": str(len(rows)),
                        "expression": text,
                        "object_ids": [target.id for target in targets],
                        "annotator": 0,
                        "frames_dir": str(images / video),
                        "frame_names": frames,
                        "masks": "" if hidden else str(path),
                        "mask_frames": [] if hidden else frames,
                        "mask_spans": [position for target in targets for position in target.span],
                    }
                )
    rows = [row for video in sorted(rows_of) for row in rows_of[video]]
    problems.report(len(rows))
    return to_dataset(rows, json_masks.COLUMNS)


def _read_annotation(content: Any, what: str, span: tuple[int, int]) -> tuple[int, _Annotation]:
    """The video of an annotation, and what is needed of it to make rows; its masks stay in the file."""
    number = whole_number(member(content, "id", int, what), f"{what}, id", most=LARGEST_ID)
    masks = content.get("segmentations")
    return whole_number(member(content, "video_id", int, what), f"{what}, video_id"), _Annotation(
        number,
        content.get("category_id"),
        _texts(content, what),
        len(masks) if isinstance(masks, list) else type(masks).__name__,
        span,
    )


def _texts(content: dict[str, Any], what: str) -> list[object]:
    return member(content, "expressions", list, what) if "expressions" in content else []


def _category_names(contents: Mapping[Any, Any], what: str) -> dict[int, str]:
    if "categories" not in contents:
        return {}
    categories = member(contents, "categories", list, what)
    return {member(entry, "id", int, "category"): member(entry, "name", str, "category") for entry in categories}


def _frames(entry: Any) -> tuple[str, list[str]]:
    """The folder of a video, and the names of its frames without endings."""
    paths = [PurePosixPath(str(path)) for path in member(entry, "file_names", list, "video")]
    parts = [path.parts for path in paths]
    if any(len(part) != 2 for part in parts) or len({part[0] for part in parts}) > 1:
        raise BenchmarkError("expected file_names like VIDEO/FRAME.jpg, all in one folder, got others")
    frames = frame_names([path.stem for path in paths])
    return plain_name(parts[0][0], "folder of the video"), frames


def _called(entry: Any) -> object:
    """What a video is called in a problem with it: its folder, or if that is not to be had, its id."""
    if not isinstance(entry, dict):
        return entry
    paths = entry.get("file_names")
    folder = str(paths[0]).partition("/")[0] if isinstance(paths, list) and paths else ""
    return folder or entry.get("id")


def _said(
    entry: dict[str, Any], annotations: Sequence[_Annotation], names: dict[int, str]
) -> Iterator[tuple[object, Sequence[_Annotation]]]:
    """Every expression about a video, and the objects that it is true of."""
    about_all = _texts(entry, "video")
    about_one = [(text, [annotation]) for annotation in annotations for text in annotation.expressions]
    if about_all or about_one:
        yield from ((text, annotations) for text in about_all)
        yield from about_one
        return
    for category, name in names.items():
        shown = [annotation for annotation in annotations if annotation.category == category]
        if shown:
            yield name, shown


def _decode_masks(row: Row) -> tuple[Masks, Masks]:
    return json_masks.decode_masks(row, lambda value: list(member(value, "segmentations", list, "annotation")))


BENCHMARKS = {NAME: Benchmark(load, decode_frames, _decode_masks)}
