"""The layout of YouTube-VOS with expressions, in which Refer-YouTube-VOS is published and Ref-DAVIS17 is converted.

meta_expressions/<split>/meta_expressions.json
    {"videos": {VIDEO: {"frames": [NAME, ...], "expressions": {ID: {"exp": TEXT, "obj_id": LABEL}, ...}}}}
<split>/JPEGImages/<video>/<frame>.jpg
<split>/Annotations/<video>/<frame>.png      label maps, palette images
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..video.progress import progress
from .folder import BenchmarkFolder, plain_name
from .image_folders import FRAME_SUFFIXES, MASK_SUFFIXES, VOID
from .json_members import member, whole_number
from .problems import BenchmarkError, VideoProblems
from .rows import clean_text

Row = dict[str, Any]


def expressions_file(split: str) -> str:
    return f"meta_expressions/{plain_name(split, 'split')}/meta_expressions.json"


def read_videos(folder: BenchmarkFolder, split: str) -> dict[str, Any]:
    """The videos that the file of a split lists.

    Raises:
        OSError: the file is not there.
        BenchmarkError: it is broken.
    """
    path = folder.file(expressions_file(split))
    videos: dict[str, Any] = member(folder.read_json(path, dict), "videos", dict, str(path))
    return videos


def read_rows(
    folder: BenchmarkFolder,
    split: str,
    videos: Mapping[str, Any],
    problems: VideoProblems,
    *,
    images: Path,
    labels: Path | None,
    annotator_of: Callable[[str], int] = lambda expression_id: 0,
    may_be_absent: bool = True,
) -> list[Row]:
    """The rows of those videos, in the order of their names; what is wrong with one of them is noted.

    Args:
        images: holds a folder of frames for each video.
        labels: holds a folder of label maps for each; None where the objects are hidden.
        annotator_of: who wrote an expression, by its id.
        may_be_absent: whether an expression may be true of nothing.
    """
    rows: list[Row] = []
    for video in progress(sorted(videos), desc=f"{folder.benchmark} {split}", unit="video"):
        with problems.of(video):
            name = plain_name(video, "id of a video")
            frames = frame_names(member(videos[video], "frames", list, "the list of expressions"))
            folder.check_files(images / name, frames, FRAME_SUFFIXES, "an image")
            if labels is not None:
                folder.check_files(labels / name, frames, MASK_SUFFIXES, "a label map")
            expressions = member(videos[video], "expressions", dict, "the list of expressions")
            if not expressions:
                raise BenchmarkError("expected expressions, got none")
            own: list[Row] = []  # all of the video, or nothing
            for key, entry in expressions.items():
                what = f"expression {key!r}"
                text = clean_text(member(entry, "exp", str, what), what)
                own.append(
                    {
                        "benchmark": folder.benchmark,
                        "split": split,
                        "video_id": name,
                        "expression_id": plain_name(key, "id of an expression"),
                        "expression": text,
                        "object_ids": [] if labels is None else object_ids(entry, what, may_be_absent),
                        "annotator": annotator_of(key),
                        "frames_dir": str(images / name),
                        "frame_names": frames,
                        "masks": "" if labels is None else str(labels / name),
                    }
                )
            rows += own
    return rows


def frame_names(names: list[object]) -> list[str]:
    """The names of frames, as they stand in a list.

    Raises:
        BenchmarkError: there is none, one twice, or one that leads elsewhere.
    """
    if not names:
        raise BenchmarkError("expected the names of its frames, got none")
    checked = [plain_name(name, "name of a frame") for name in names]
    if len(set(checked)) < len(checked):
        twice = next(name for name in checked if checked.count(name) > 1)
        raise BenchmarkError(f"expected each frame once, got {twice!r} twice")
    return checked


def object_ids(entry: object, what: str, may_be_absent: bool) -> list[int]:
    """The label that an expression speaks of; none if it is null: true of nothing, as `refsam shapes` writes it."""
    if may_be_absent and isinstance(entry, dict) and "obj_id" in entry and entry["obj_id"] is None:
        return []
    if not isinstance(entry, dict) or "obj_id" not in entry:
        raise BenchmarkError(f"{what}: expected an 'obj_id', got none")
    return [whole_number(entry["obj_id"], f"{what}, obj_id", 1, VOID - 1)]
