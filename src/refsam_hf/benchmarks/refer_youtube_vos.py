"""Refer-YouTube-VOS, as it is published: Seo et al., "URVOS", ECCV 2020."""

import os
from typing import TYPE_CHECKING

from .benchmark import Benchmark
from .folder import BenchmarkFolder
from .image_folders import decode_frames, decode_masks
from .problems import VideoProblems
from .rows import to_dataset
from .ytvos_layout import read_rows, read_videos

if TYPE_CHECKING:
    from datasets import Dataset

NAME = "refer_youtube_vos"
LAYOUT = """\
  meta_expressions/{train,valid,test}/meta_expressions.json
  train/JPEGImages/<video>/<frame>.jpg
  train/Annotations/<video>/<frame>.png
  valid/JPEGImages/<video>/<frame>.jpg    the frames of valid and of test"""
VALID, TEST = "valid", "test"


def load(
    root: str | os.PathLike[str] | None, split: str, *, strict: bool = False, allow_links: bool = False
) -> "Dataset":
    """The rows of a split: train, valid or test.

    The published file of valid lists the videos of test too; those are left out of valid. The masks of valid and test
    are not public; where a tree says which objects are meant, its masks are used.

    Args:
        strict: a video with a problem is an error, and not left out with a `BenchmarkWarning`.
        allow_links: follow links that lead out of the folder.

    Raises:
        OSError: a folder or file is missing.
        BenchmarkError: a file is broken, or no video is left.
    """
    folder = BenchmarkFolder(NAME, root, LAYOUT, allow_links=allow_links)
    videos = read_videos(folder, split)
    if split == VALID:
        test = read_videos(folder, TEST)
        videos = {video: entry for video, entry in videos.items() if video not in test}
    shared = [f"{VALID}/JPEGImages"] if split == TEST else []
    images = folder.folder(f"{split}/JPEGImages", *shared)
    hidden = split in (VALID, TEST) and not _says_objects(videos)
    labels = None if hidden else folder.folder(f"{split}/Annotations")
    problems = VideoProblems(f"{NAME} {split}", strict=strict)
    rows = read_rows(folder, split, videos, problems, images=images, labels=labels)
    problems.report(len(rows))
    return to_dataset(rows)


def _says_objects(videos: dict[str, object]) -> bool:
    entries = (video.get("expressions") for video in videos.values() if isinstance(video, dict))
    return any(
        isinstance(expression, dict) and "obj_id" in expression
        for expressions in entries
        if isinstance(expressions, dict)
        for expression in expressions.values()
    )


BENCHMARKS = {
    NAME: Benchmark(
        load,
        decode_frames,
        decode_masks,
        default_split=VALID,
        protocols={"default": "refsam_hf.evaluation.protocols.refer_youtube_vos:PROTOCOL"},
        submission="annotated_masks",
    )
}
