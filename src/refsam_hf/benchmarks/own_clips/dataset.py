"""Your own clips as a table: one row per expression, whose frames are decoded when the row is opened."""

import os
import warnings
from typing import TYPE_CHECKING, Any

from ..problems import NAMED_PROBLEMS, BenchmarkWarning, joined
from ..rows import row_features
from .check import check_clips
from .clip import OwnClip
from .frame_range import ALL, frame_slice

if TYPE_CHECKING:
    from datasets import Dataset

BENCHMARK = "own_clips"


class OwnClipsError(ValueError):
    """A folder of clips with problems; the message names the first ones."""


def load_own_clips(folder: str | os.PathLike[str], *, frames: str = ALL, strict: bool = True) -> "Dataset":
    """The clips of a folder that has no problems, a row per expression.

    The rows hold no pixels: `load_own_clips(...).with_transform(decode_rows)` decodes them when a row is opened, and
    only the frames that its `frame_names` list. `split` is the range of frames. `object_ids` is empty for an
    expression that is true of nothing. `frames_dir` is the folder of the frames or the video file; paths are absolute.

    Every file is looked at first, as `check_clips` does.

    Args:
        folder: as `docs/your-clips.md` describes it.
        frames: START:STOP, the frames of every clip that are taken, each a number of a frame or a percentage: ":50%"
            for the first half, "50%:" for the second. An expression whose objects none of them shows is left out, with
            a warning.
        strict: whether a problem is an error. If not, the clips that have none are taken, with a `BenchmarkWarning`.

    Raises:
        OwnClipsError: the folder has problems; without `strict`, no clip is without one.
        ValueError: `frames` is no such range, takes no frame of a clip, or none that shows an object.
        NotADirectoryError: there is no such folder.
    """
    from datasets import Dataset

    frame_slice(frames, 1)  # a bad range is an error before the folder is looked at
    report = check_clips(folder)
    problems = [str(problem) for problem in report.problems]
    if problems and (strict or not report.clips):
        raise _error(str(folder), problems)
    if problems:
        text = f"{folder}: clips with problems are left out; {_named(problems)}"
        of_clips = joined(
            (clip, str(problem))
            for problem in report.problems
            for clip in dict.fromkeys(file.partition("/")[0] for file in problem.files)
        )
        warnings.warn(BenchmarkWarning(text, problems, of_clips), stacklevel=2)
    rows: list[dict[str, Any]] = []
    unseen: list[str] = []
    for clip in report.clips:
        names = clip.frame_names[frame_slice(frames, len(clip.frame_names))]
        if not names:
            count = len(clip.frame_names)
            raise ValueError(f"frames: expected some of the {count} frames of {clip.name!r}, got none by {frames!r}")
        rows += _rows(clip, names, frames, unseen)
    if not rows:
        raise ValueError(f"{folder}: expected frames that show an object that is spoken of, got none by {frames!r}")
    if unseen:
        warnings.warn(
            f"{folder}: left out, as the frames {frames!r} do not show what they speak of: {'; '.join(unseen)}",
            stacklevel=2,
        )
    return Dataset.from_list(rows, features=row_features())


def _rows(clip: OwnClip, names: tuple[str, ...], frames: str, unseen: list[str]) -> list[dict[str, Any]]:
    """The rows of a clip; what none of the frames shows is added to `unseen` instead."""
    rows = []
    for number, expression in enumerate(clip.expressions):
        if expression.object_ids and not clip.shows(expression, names):
            unseen.append(f"{clip.name}, expression {number} ({expression.text!r})")
            continue
        rows.append(
            {
                "benchmark": BENCHMARK,
                "split": frames,
                "video_id": clip.name,
                "expression_id": str(number),
                "expression": expression.text,
                "object_ids": list(expression.object_ids),
                "annotator": 0,
                "frames_dir": str(clip.frames),
                "frame_names": list(names),
                "masks": str(clip.masks),
            }
        )
    return rows


def _named(problems: list[str]) -> str:
    first = "; ".join(problems[:NAMED_PROBLEMS])
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    what = "the first are" if len(problems) > NAMED_PROBLEMS else "namely"
    return f"{count}, {what}: {first}"


def _error(folder: str, problems: list[str]) -> OwnClipsError:
    return OwnClipsError(
        f"{folder}: expected a folder of clips without problems, got {_named(problems)}. "
        f"`refsam check {folder}` lists all of them and says how to mend them"
    )
