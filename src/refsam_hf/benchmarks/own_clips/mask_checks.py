"""Looks at every mask of a clip, and what it shows."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...video import VideoError
from ...video.image_files import read_label_map
from ..image_folders import MASK_SUFFIXES, VOID
from .frame_checks import FoundFrames, Size, note_repeated, note_unreadable, shown
from .listing import by_stem, list_folder
from .problems import Problems

SHOWN_VALUES = 5
EXPORT = "export it again as a palette PNG (mode P) whose pixel values are the numbers of the objects"


@dataclass
class FoundMasks:
    """What the masks of a clip show.

    Attributes:
        seen: for each object the names of the frames that show it.
        usable: whether one mask at least says which objects it shows.
        gray: of the images without a palette, by their paths, the values that they hold.
    """

    seen: dict[int, set[str]] = field(default_factory=dict)
    usable: bool = False
    gray: dict[Path, frozenset[int]] = field(default_factory=dict)


def check_masks(folder: Path, frames: FoundFrames, root: Path, problems: Problems) -> FoundMasks:
    """Decodes the masks one by one, noting what is wrong with them, and frames and masks without the other."""
    entries, _ = list_folder(folder, root, problems)
    note_repeated(entries, MASK_SUFFIXES, problems)
    files = {name: path for name, path in by_stem(entries, MASK_SUFFIXES).items() if not path.is_dir()}
    found = FoundMasks()
    for name, path in files.items():
        try:
            labels, has_palette = read_label_map(path)
        except (VideoError, OSError) as error:
            note_unreadable(path, error, EXPORT, problems)
            continue
        found.usable = True
        _check_size(path, labels.shape, frames.sizes.get(name), problems)
        values = frozenset(np.flatnonzero(np.bincount(labels.ravel(), minlength=256)).tolist())
        if not has_palette:
            found.gray[path] = values
        for label in values - {0, VOID}:
            found.seen.setdefault(label, set()).add(name)
    _check_pairs(folder, files, frames, problems)
    _check_black_and_white(found, problems)
    return found


def check_gray_values(found: FoundMasks, named: Collection[int], problems: Problems) -> None:
    """Notes gray masks with values that no expression names: brightness, it seems, and not objects."""
    fitting = {0, VOID, *named}
    odd = sorted(frozenset().union(*found.gray.values()) - fitting)
    some = ", ".join(str(value) for value in odd[:SHOWN_VALUES])
    more = f" and {len(odd) - SHOWN_VALUES} more" if len(odd) > SHOWN_VALUES else ""
    what = f"expected a gray mask to hold 0, 255 and objects that expressions name, got {some}{more}"
    for path, values in found.gray.items():
        if values - fitting:
            problems.add(path, what, f"{EXPORT}, without smooth edges")


def _check_size(path: Path, size: Size, expected: Size | None, problems: Problems) -> None:
    if expected is not None and size != expected:
        what = f"expected {shown(expected)} pixels (height x width) as its frame, got {shown(size)}"
        problems.add(path, what, "save it at its frame's size, resized without smoothing (nearest neighbour)")


def _check_pairs(folder: Path, files: dict[str, Path], frames: FoundFrames, problems: Problems) -> None:
    for name in frames.names:
        if name not in files:
            path, mend = folder / f"{name}.png", "add it: 0 where no object is seen, 255 where you do not know"
            problems.add(path, "expected a mask for this frame, got none", mend)
    if not frames.whole:
        return  # the frames may be among those that are missing
    present = {*frames.names, *frames.unusable}
    for name, path in files.items():
        if name not in present:
            what = f"expected a frame of this name, got none; the frames are {frames.names[0]} to {frames.names[-1]}"
            mend = "rename it as its frame (those of a video count from 00000), add the frame, or remove the mask"
            problems.add(path, what, mend)


def _check_black_and_white(found: FoundMasks, problems: Problems) -> None:
    """Notes gray masks that are white where the object is, which is void here."""
    white = [path for path, values in found.gray.items() if VOID in values]
    if white and not found.seen:
        found.usable = False
        for path in white:
            what = "expected the numbers of objects, got black and white; 255 says that a pixel does not count"
            problems.add(path, what, "write 1 in the place of 255, and another number for each further object")
