"""A2D-Sentences, as it is published: Gavrilyuk et al., "Actor and Action Video Segmentation from a Sentence", CVPR
2018; videos and annotated frames of Xu et al., "Can Humans Fly?", CVPR 2015."""

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..video.errors import VideoError
from ..video.progress import progress
from ..video.reader import open_video
from .benchmark import Benchmark, Frames, Masks, Row
from .extras import need
from .folder import BenchmarkFolder, plain_name
from .image_folders import stack_frames
from .json_members import LARGEST_ID, whole_number
from .problems import BenchmarkError, VideoProblems
from .rows import clean_text, to_dataset

if TYPE_CHECKING:
    from datasets import Dataset

NAME = "a2d_sentences"
LAYOUT = """\
  Release/videoset.csv
  Release/clips320H/<video>.mp4
  text_annotations/a2d_annotation.txt
  text_annotations/a2d_missed_videos.txt
  text_annotations/a2d_annotation_with_instances/<video>/<frame>.h5
(what is in text_annotations/ may lie beside Release/ too)"""
SPLITS = {"train": "0", "test": "1"}
"""The last column of videoset.csv."""
SLIP = "1 (copy)"
"""The id of an instance that is a slip of the published file; everybody drops its row."""


def load(
    root: str | os.PathLike[str] | None, split: str, *, strict: bool = False, allow_links: bool = False
) -> "Dataset":
    """The rows of a split, train or test.

    An expression is called by the instance that it names. `frame_names` are the annotated frames that show it, counted
    from 00001. `decode_frames` gives any frame of the video, named so; a video is read from its start.

    Args:
        strict: a video with a problem is an error, and not left out with a `BenchmarkWarning`.
        allow_links: follow links that lead out of the folder.

    Raises:
        OSError: a folder or file is missing.
        BenchmarkError: h5py is not installed, an unknown split, a file is broken, or no video is left.
    """
    need("h5py", NAME)
    folder = BenchmarkFolder(NAME, root, LAYOUT, allow_links=allow_links)
    if split not in SPLITS:
        raise BenchmarkError(f"split: expected one of {', '.join(SPLITS)}, got {split!r}")
    clips = folder.folder("Release/clips320H")
    annotated = folder.folder(*_either("a2d_annotation_with_instances"))
    videos = _videos(folder, split)
    problems = VideoProblems(f"{NAME} {split}", strict=strict)
    rows: list[dict[str, Any]] = []
    sentences = _sentences(folder)
    for video in progress(sorted(videos & sentences.keys()), desc=f"{NAME} {split}", unit="video"):
        with problems.of(video):
            clip = folder.inside(clips / f"{plain_name(video, 'id of a video')}.mp4")
            if not clip.is_file():
                raise BenchmarkError(f"{clip}: expected this file, got none")
            frames_of = _frames_of_instances(folder, annotated / video)
            own: dict[int, dict[str, Any]] = {}
            for number, (instance, text) in enumerate(sentences[video]):
                label = whole_number(instance, f"sentence {number}, instance_id", most=LARGEST_ID)
                if label in own:  # nor does the field take it: its samples are called by the instance
                    raise BenchmarkError(f"sentence {number}: expected each instance once, got {label} twice")
                if label not in frames_of:
                    raise BenchmarkError(f"{annotated / video}: expected masks of the instance {label}, got none")
                own[label] = {
                    "benchmark": NAME,
                    "split": split,
                    "video_id": video,
                    "expression_id": str(label),
                    "expression": clean_text(text, f"sentence {number}"),
                    "object_ids": [label],
                    "annotator": 0,
                    "frames_dir": str(clip),
                    "frame_names": frames_of[label],
                    "masks": str(annotated / video),
                }
            rows += own.values()
    problems.report(len(rows))
    return to_dataset(rows)


def _either(name: str) -> tuple[str, str]:
    return f"text_annotations/{name}", name


def _videos(folder: BenchmarkFolder, split: str) -> set[str]:
    """The videos of a split, without those that are known to be missing."""
    path = folder.file("Release/videoset.csv")
    lines = [line for line in _csv(path) if line]  # without a header
    wrong = next((number for number, line in enumerate(lines, 1) if line[-1].strip() not in SPLITS.values()), None)
    if wrong is not None:
        raise BenchmarkError(f"{path}, line {wrong}: expected 0 or 1 in the last column, got {lines[wrong - 1][-1]!r}")
    missed = folder.file(*_either("a2d_missed_videos.txt")).read_text(encoding="utf-8", errors="replace").split()
    return {line[0] for line in lines if line[-1].strip() == SPLITS[split]} - set(missed)


def _sentences(folder: BenchmarkFolder) -> dict[str, list[tuple[str, str]]]:
    """For each video the instances and what is said of them, in the order of the file."""
    path = folder.file(*_either("a2d_annotation.txt"))
    lines = _csv(path)
    header = next(lines, [])
    try:
        places = [header.index(name) for name in ("video_id", "instance_id", "query")]
    except ValueError as error:
        raise BenchmarkError(f"{path}: expected the columns video_id, instance_id, query, got {header}") from error
    sentences: dict[str, list[tuple[str, str]]] = {}
    for number, line in enumerate(lines, start=2):
        if not line:
            continue
        if len(line) <= max(places):
            raise BenchmarkError(f"{path}, line {number}: expected {len(header)} columns, got {len(line)}")
        video, instance, text = (line[place] for place in places)
        if instance != SLIP:
            sentences.setdefault(video, []).append((instance, text))
    return sentences


def _csv(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            yield from csv.reader(file, strict=True)
        except csv.Error as error:
            raise BenchmarkError(f"{path}: expected comma-separated values, got something else: {error}") from error


def _frames_of_instances(folder: BenchmarkFolder, annotated: Path) -> dict[int, list[str]]:
    """For each instance the names of the annotated frames that show it."""
    frames: dict[int, list[str]] = {}
    for name, file in sorted(folder.listed(annotated, (".h5",)).items()):
        whole_number(name, f"name of {annotated / file}", 1)
        with _open(annotated / file) as content:
            for label in _instances(content):
                frames.setdefault(label, []).append(name)
    return frames


def _decode_frames(row: Row) -> Frames:
    """The video is read up to the last frame that is named."""
    path, names = Path(row["frames_dir"]), row["frame_names"]
    places = {name: whole_number(name, f"frame {name!r}", 1) - 1 for name in names}
    found: dict[int, np.ndarray] = {}
    for place, frame in enumerate(open_video(path)):
        if place in places.values():
            found[place] = frame
        if places and place >= max(places.values()):
            break

    def decode(name: str) -> np.ndarray:
        if places[name] not in found:
            raise VideoError(f"frame {name!r}: expected it in {path}, got a video of {place + 1} frames")
        return found[places[name]]

    return stack_frames(names, decode)


def _decode_masks(row: Row) -> tuple[Masks, Masks]:
    need("h5py", NAME)

    def decode(name: str) -> np.ndarray:
        path = Path(row["masks"]) / f"{plain_name(name, 'name of a frame')}.h5"
        if not path.is_file():
            raise VideoError(f"frame {name!r}: expected masks in {path}, got none: it is not annotated")
        with _open(path) as content:
            labels, masks = _instances(content), np.asarray(_dataset(content, "reMask")[()])
        if masks.ndim == 2:  # of one instance
            masks = masks[None]
        if masks.ndim != 3 or len(masks) != len(labels):
            raise VideoError(f"{path}: expected one mask for each of {len(labels)} instances, got shape {masks.shape}")
        found = np.isin(labels, row["object_ids"])
        shown: np.ndarray = np.asarray(np.any(masks[found] > 0, axis=0))
        return shown.T  # (W, H), as MATLAB stores it -> (H, W)

    masks = stack_frames(row["frame_names"], decode)
    return masks, np.zeros_like(masks)


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    """An .h5 file; whatever is wrong with it is an error of ours."""
    h5py = need("h5py", NAME)
    try:
        with h5py.File(path, "r") as content:
            yield content
    except VideoError:
        raise
    except Exception as error:  # HDF5 raises nearly anything on damaged data
        raise BenchmarkError(
            f"{path}: expected an HDF5 file that is whole, got {type(error).__name__}: {error}"
        ) from error


def _dataset(content: Any, name: str) -> Any:
    """An array that lies in the file itself: HDF5 knows links and arrays that lead to other files."""
    h5py = need("h5py", NAME)
    link = content.get(name, getlink=True)
    if not isinstance(link, h5py.HardLink) or not isinstance(content[name], h5py.Dataset):
        raise BenchmarkError(f"{content.filename}: expected an array {name!r} in it, got none, or one elsewhere")
    found = content[name]
    if found.is_virtual or found.external or found.dtype.kind not in "uifb":
        raise BenchmarkError(f"{content.filename}: expected {name!r} to be numbers that lie in it, got others")
    return found


def _instances(content: Any) -> Sequence[int]:
    labels: list[int] = np.ravel(_dataset(content, "instance")[()]).astype(np.int64).tolist()
    return labels


BENCHMARKS = {
    NAME: Benchmark(
        load,
        _decode_frames,
        _decode_masks,
        default_split="test",
        protocols={"default": "refsam_hf.evaluation.protocols.a2d_sentences:PROTOCOL"},
        submission="coco",
    )
}
