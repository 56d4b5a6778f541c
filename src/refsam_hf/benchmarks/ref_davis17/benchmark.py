"""Ref-DAVIS17 among the benchmarks."""

import os
from typing import TYPE_CHECKING, Any

from ..benchmark import Benchmark
from ..folder import BenchmarkFolder
from ..image_folders import decode_frames, decode_masks
from ..json_members import whole_number
from ..problems import BenchmarkError, VideoProblems
from ..rows import to_dataset
from ..ytvos_layout import read_rows, read_videos
from .release import ANNOTATORS, LAYOUT_OF_THE_RELEASE, read_release

if TYPE_CHECKING:
    from datasets import Dataset

NAME = "ref_davis17"
SPLITS = ("train", "valid")
LAYOUT = f"""\
  meta_expressions/{{train,valid}}/meta_expressions.json
  {{train,valid}}/JPEGImages/<video>/<frame>.jpg
  {{train,valid}}/Annotations/<video>/<frame>.png
or, as released:
{LAYOUT_OF_THE_RELEASE}"""
TEXTS = "davis_text_annotations"


def load(
    root: str | os.PathLike[str] | None, split: str, *, strict: bool = False, allow_links: bool = False
) -> "Dataset":
    """The rows of a split, train or valid. Which of the two layouts it is in is seen from its folders.

    Args:
        strict: a video with a problem is an error, and not left out with a `BenchmarkWarning`.
        allow_links: follow links that lead out of the folder.

    Raises:
        OSError: a folder or file is missing.
        BenchmarkError: an unknown split, a file is broken, or no video is left.
    """
    folder = BenchmarkFolder(NAME, root, LAYOUT, allow_links=allow_links)
    if split not in SPLITS:
        raise BenchmarkError(f"split: expected one of {', '.join(SPLITS)}, got {split!r}")
    problems = VideoProblems(f"{NAME} {split}", strict=strict)
    read = read_release if folder.has(TEXTS) and not folder.has("meta_expressions") else _read_converted
    rows = read(folder, split, problems)
    problems.report(len(rows))
    return to_dataset(rows)


def _read_converted(folder: BenchmarkFolder, split: str, problems: VideoProblems) -> list[dict[str, Any]]:
    return read_rows(
        folder,
        split,
        read_videos(folder, split),
        problems,
        images=folder.folder(f"{split}/JPEGImages"),
        labels=folder.folder(f"{split}/Annotations"),
        annotator_of=lambda key: whole_number(key, "id of an expression") % len(ANNOTATORS),
        may_be_absent=False,  # from a label map: an object is a label
    )


BENCHMARKS = {
    NAME: Benchmark(
        load,
        decode_frames,
        decode_masks,
        default_split="valid",
        protocols={
            "default": "refsam_hf.evaluation.protocols.ref_davis17:UNSUPERVISED",
            "semi-supervised": "refsam_hf.evaluation.protocols.ref_davis17:SEMI_SUPERVISED",
        },
        submission="label_maps",
    )
}
