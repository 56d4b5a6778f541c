"""JHMDB-Sentences, as it is published: Gavrilyuk et al., "Actor and Action Video Segmentation from a Sentence", CVPR
2018; frames and masks of Jhuang et al., "Towards Understanding Action Recognition", ICCV 2013."""

import os
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from ..video.errors import VideoError
from ..video.progress import progress
from .benchmark import Benchmark, Masks, Row
from .extras import need
from .folder import BenchmarkFolder, plain_name
from .image_folders import FRAME_SUFFIXES, decode_frames, stack_frames
from .json_members import whole_number
from .problems import BenchmarkError, VideoProblems
from .rows import clean_text, to_dataset

if TYPE_CHECKING:
    from datasets import Dataset

NAME = "jhmdb_sentences"
LAYOUT = """\
  jhmdb_sentences_samples_metadata.json
  Rename_Images/<action>/<video>/<frame>.png
  puppet_mask/<action>/<video>/puppet_mask.mat"""
SPLIT = "test"
FRAMES, MASKS = "Rename_Images", "puppet_mask"


def load(
    root: str | os.PathLike[str] | None, split: str, *, strict: bool = False, allow_links: bool = False
) -> "Dataset":
    """The rows of its only split, test.

    `frame_names` are the frames that the metadata name, which everybody evaluates; `decode_frames` gives any
    frame of the folder.

    Args:
        strict: a video with a problem is an error, and not left out with a `BenchmarkWarning`.
        allow_links: follow links that lead out of the folder.

    Raises:
        OSError: a folder or file is missing.
        BenchmarkError: SciPy is not installed, an unknown split, a file is broken, or no video is left.
    """
    need("scipy.io", NAME)
    folder = BenchmarkFolder(NAME, root, LAYOUT, allow_links=allow_links)
    if split != SPLIT:
        raise BenchmarkError(f"split: expected {SPLIT}, the only one, got {split!r}")
    path = folder.file("jhmdb_sentences_samples_metadata.json")
    folder.folder(FRAMES), folder.folder(MASKS)
    problems = VideoProblems(f"{NAME} {split}", strict=strict)
    rows: list[dict[str, Any]] = []
    for video, samples in progress(_samples(folder.read_json(path, list), path), desc=NAME, unit="video"):
        with problems.of(video):
            rows += _rows(folder, plain_name(video, "id of a video"), samples)
    problems.report(len(rows))
    return to_dataset(rows)


def _samples(entries: list[Any], path: Path) -> list[tuple[str, list[list[Any]]]]:
    """The entries of each video: [video, path of a frame, path of its masks, number of frames, sentence]."""
    samples: dict[str, list[list[Any]]] = {}
    for number, entry in enumerate(entries):
        if not isinstance(entry, list) or len(entry) != 5 or not isinstance(entry[0], str):
            raise BenchmarkError(f"{path}, entry {number}: expected [video, frame, masks, count, words], got others")
        samples.setdefault(entry[0], []).append(entry)
    return sorted(samples.items())


def _rows(folder: BenchmarkFolder, video: str, samples: list[list[Any]]) -> list[dict[str, Any]]:
    """One row for each sentence about a video."""
    frames_of: dict[str, list[PurePosixPath]] = {}
    for _, frame, _, _, text in samples:
        frames_of.setdefault(clean_text(text, "sentence"), []).append(_below(frame, FRAMES, 3))
    mask_files = {_below(masks, MASKS, 3) for _, _, masks, _, _ in samples}
    folders = {frame.parent for frames in frames_of.values() for frame in frames}
    if len(folders) != 1 or len(mask_files) != 1:
        raise BenchmarkError(
            f"expected one folder of frames and one file of masks, got {len(folders)} and {len(mask_files)}"
        )
    (images,), (masks,) = folders, mask_files
    if not (folder.path / masks).is_file():
        raise FileNotFoundError(f"{folder.path / masks}: expected this file, got none")
    folder.inside(folder.path / masks)
    rows = []
    for number, (text, frames) in enumerate(frames_of.items()):
        names = [frame.stem for frame in frames]
        folder.check_files(folder.path / images, names, FRAME_SUFFIXES, "an image")
        for name in names:
            whole_number(name, f"frame {name!r}", 1)
        rows.append(
            {
                "benchmark": NAME,
                "split": SPLIT,
                "video_id": video,
                "expression_id": str(number),
                "expression": text,
                "object_ids": [1],
                "annotator": 0,
                "frames_dir": str(folder.path / images),
                "frame_names": names,
                "masks": str(folder.path / masks),
            }
        )
    return rows


def _below(path: object, start: str, depth: int) -> PurePosixPath:
    """The part of a path of the metadata from one of our folders on; what stands before depends on who wrote it."""
    parts = PurePosixPath(path).parts if isinstance(path, str) else ()
    if start not in parts or len(parts) - parts.index(start) != depth + 1:
        raise BenchmarkError(f"expected a path like ./{NAME}/{start}/ACTION/VIDEO/FILE, got {path!r}")
    own = parts[parts.index(start) :]
    return PurePosixPath(*(plain_name(part, "part of a path") for part in own))


def _decode_masks(row: Row) -> tuple[Masks, Masks]:
    if list(row["object_ids"]) != [1]:
        raise VideoError(f"expected the only object, [1], got {row['object_ids']}")
    path = Path(row["masks"])
    parts = _read_masks(path, path.stat().st_mtime_ns)

    def decode(name: str) -> np.ndarray:
        place = whole_number(name, f"frame {name!r}", 1) - 1
        if place >= parts.shape[2]:
            raise VideoError(f"frame {name!r}: expected masks of it in {path}, got {parts.shape[2]} masks")
        mask: np.ndarray = parts[:, :, place] > 0
        return mask

    masks = stack_frames(row["frame_names"], decode)
    return masks, np.zeros_like(masks)


@lru_cache(maxsize=1)
def _read_masks(path: Path, changed: int) -> np.ndarray:
    """(H, W, T), the number of the body's part at each pixel."""
    scipy_io = need("scipy.io", NAME)
    try:
        parts = scipy_io.loadmat(path, variable_names=["part_mask"])["part_mask"]
    except Exception as error:  # SciPy raises nearly anything on damaged data
        raise BenchmarkError(
            f"{path}: expected a MATLAB file with part_mask, got {type(error).__name__}: {error}"
        ) from error
    got = getattr(parts, "shape", type(parts).__name__)
    if not isinstance(parts, np.ndarray) or parts.dtype.kind not in "uifb" or parts.ndim not in (2, 3):
        raise BenchmarkError(f"{path}: expected part_mask to be numbers (H, W, T), got {got}")
    return parts.reshape(*parts.shape[:2], -1)  # MATLAB leaves a last axis of one out


BENCHMARKS = {
    NAME: Benchmark(
        load,
        decode_frames,
        _decode_masks,
        default_split=SPLIT,
        protocols={"default": "refsam_hf.evaluation.protocols.a2d_sentences:PROTOCOL"},
        submission="coco_by_frame",
    )
}
