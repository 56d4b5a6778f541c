"""Looks at every frame of a clip."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...video import VideoError, VideoWarning, open_video
from ...video.clip import MIN_SIDE
from ...video.image_files import read_still
from ...video.images import SUFFIXES
from ..image_folders import FRAME_SUFFIXES
from .listing import by_stem, list_folder
from .pixels import frame_name
from .problems import Problems

Size = tuple[int, ...]  # height, width
EXPORT = "export it again, or copy it anew from where it came"


@dataclass
class FoundFrames:
    """The frames of a clip.

    Attributes:
        names: in order.
        sizes: of each that could be decoded, by its name.
        unusable: names of what lies beside them and may be a frame once it is mended.
        whole: False where there may be more frames: there is no source, or a video that is damaged.
    """

    names: list[str] = field(default_factory=list)
    sizes: dict[str, Size] = field(default_factory=dict)
    unusable: frozenset[str] = frozenset()
    whole: bool = True


def check_frames(source: Path, root: Path, problems: Problems) -> FoundFrames:
    """Decodes the frames of a folder or a video one by one, noting what is wrong with them."""
    return _check_folder(source, root, problems) if source.is_dir() else _check_video(source, problems)


def note_repeated(paths: Sequence[Path], suffixes: Sequence[str], problems: Problems) -> None:
    """Notes images of other formats, and those that differ from another one in nothing but the ending."""
    kept = by_stem(paths, suffixes)
    for path in paths:
        suffix = path.suffix.lower()
        if suffix in suffixes and path.is_dir():
            problems.add(path, "expected an image, got a folder of that name", "rename it, or remove it")
        elif suffix in suffixes and kept[path.stem] != path:
            problems.add(path, f"expected one image of each name, got {kept[path.stem].name!r} too", "remove one")
        elif suffix in SUFFIXES and suffix not in suffixes:
            what = f"expected images that end in {_either(suffixes)}, got {suffix}"
            problems.add(path, what, "convert it; another ending alone will not do")


def note_unreadable(path: Path, error: Exception, mend: str, problems: Problems) -> None:
    """Notes a file that could not be read, in the words of the error, without the file's name before them."""
    what = (error.strerror if isinstance(error, OSError) else None) or str(error)
    what = what.removeprefix(str(path)).lstrip(":, ")
    problems.add(path, what.removesuffix("; partial=True (--partial) takes what there is"), mend)


def shown(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def _check_folder(folder: Path, root: Path, problems: Problems) -> FoundFrames:
    entries, left_out = list_folder(folder, root, problems)
    note_repeated(entries, FRAME_SUFFIXES, problems)
    files = {name: path for name, path in by_stem(entries, FRAME_SUFFIXES).items() if not path.is_dir()}
    if not files:
        what = f"expected images that end in {_either(FRAME_SUFFIXES)}, got none"
        problems.add(folder, what, "put the frames here")
        return FoundFrames(whole=False)
    others = {Path(name).stem for name in left_out} | {path.stem for path in entries}
    found = FoundFrames(list(files), unusable=frozenset(others - files.keys()))
    for name, path in files.items():
        try:
            size = read_still(path).shape[:2]
        except (VideoError, OSError) as error:
            note_unreadable(path, error, EXPORT, problems)
            continue
        found.sizes[name] = size
        _check_size(path, size, next(iter(found.sizes.values())), problems)
    return found


def _check_size(path: Path, size: Size, first: Size, problems: Problems) -> None:
    if min(size) < MIN_SIDE:
        what = f"expected at least {MIN_SIDE} pixels on each side (height x width), got {shown(size)}"
        problems.add(path, what, "take it at its full size")
    elif size != first:
        what = f"expected {shown(first)} pixels (height x width) as the first frame, got {shown(size)}"
        problems.add(path, what, "bring all frames of the clip to one size, or make two clips of them")


def _check_video(path: Path, problems: Problems) -> FoundFrames:
    found = FoundFrames()
    with warnings.catch_warnings():
        warnings.simplefilter("error", VideoWarning)  # of what looks cut short
        try:
            for index, frame in enumerate(open_video(path)):
                found.names.append(frame_name(index))
                found.sizes[frame_name(index)] = frame.shape[:2]
        except (VideoError, VideoWarning, OSError) as error:
            note_unreadable(path, error, EXPORT, problems)
            found.whole = False
    return found


def _either(suffixes: Sequence[str]) -> str:
    return " or ".join(suffixes)
