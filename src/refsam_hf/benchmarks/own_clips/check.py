"""Checks a folder of clips in one pass: every problem is noted, none ends the pass."""

import difflib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ...video.images import SUFFIXES
from ...video.progress import progress
from .clip import OwnClip, OwnExpression
from .expressions import EXAMPLE, WrittenExpression, read_expressions
from .frame_checks import FoundFrames, check_frames
from .listing import list_folder
from .mask_checks import FoundMasks, check_gray_values, check_masks
from .problems import Problem, Problems

FRAMES, MASKS, EXPRESSIONS = "frames", "masks", "expressions.json"
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi")


@dataclass(frozen=True)
class Report:
    """What was found in a folder of clips.

    Attributes:
        clips: those without a problem.
        problems: of the folder and all of its clips; none for a folder that can be used.
    """

    clips: tuple[OwnClip, ...]
    problems: tuple[Problem, ...]


def check_clips(folder: str | os.PathLike[str]) -> Report:
    """Looks at every file of a folder of clips, and decodes every frame and mask once.

    Raises:
        NotADirectoryError: there is no such folder.
    """
    root = Path(os.path.abspath(folder))
    if not root.is_dir():
        got = "a file" if root.exists() else "no such path"
        raise NotADirectoryError(f"{os.fspath(folder)!r}: expected a folder of clips, got {got}")
    problems = Problems(root)
    folders = _clip_folders(root, problems)
    clips = [_check_clip(path, root, problems) for path in progress(folders, desc="checking", unit="clip")]
    return Report(tuple(clip for clip in clips if clip is not None), tuple(problems.found()))


def _clip_folders(root: Path, problems: Problems) -> list[Path]:
    entries, _ = list_folder(root, root, problems)
    parts = [path.name for path in entries if _is_part(path)]
    if parts:
        what = f"expected a folder of clips, got the folder of one clip: {', '.join(parts)} lie in it"
        problems.add(root, what, "name the folder above it, or move them into a folder of the clip's name")
        return []
    for path in entries:
        if path.is_file() and path.suffix.lower() in (*VIDEO_SUFFIXES, *SUFFIXES):
            target = f"{path.stem}/{path.name}" if path.suffix.lower() in VIDEO_SUFFIXES else f"CLIP/{FRAMES}"
            problems.add(
                path, "expected every clip in a folder of its own, got a file beside them", f"move it to {target}"
            )
    folders = [path for path in entries if path.is_dir()]
    if not folders and not len(problems):
        what = "expected a folder for every clip, got none"
        problems.add(root, what, f"make NAME/{FRAMES}, NAME/{MASKS} and NAME/{EXPRESSIONS} in it")
    return folders


def _is_part(path: Path) -> bool:
    """Whether something that lies beside the clips is a part of one."""
    if path.name == EXPRESSIONS:
        return True
    return path.name in (FRAMES, MASKS) and path.is_dir() and not (path / EXPRESSIONS).exists()


def _check_clip(folder: Path, root: Path, problems: Problems) -> OwnClip | None:
    before = len(problems)
    usable, left_out = list_folder(folder, root, problems)
    entries = {path.name: path for path in usable}
    written = None
    mend = f"write it like {EXAMPLE}"
    if EXPRESSIONS not in left_out and _is_there(folder / EXPRESSIONS, entries, mend, problems, is_folder=False):
        written = read_expressions(entries[EXPRESSIONS], problems)
    source = None if _may_be_source(left_out) else _find_source(folder, entries, problems)
    frames = FoundFrames(whole=False) if source is None else check_frames(source, root, problems)
    masks = FoundMasks()
    mend = "put a PNG for every frame into it"
    if MASKS not in left_out and _is_there(folder / MASKS, entries, mend, problems, is_folder=True):
        masks = check_masks(entries[MASKS], frames, root, problems)
    expressions = [] if written is None else _check_objects(entries[EXPRESSIONS], written, masks, problems)
    if len(problems) > before or source is None:
        return None
    seen = {label: frozenset(names) for label, names in masks.seen.items()}
    return OwnClip(folder.name, source, tuple(frames.names), entries[MASKS], tuple(expressions), seen)


def _is_there(path: Path, entries: Collection[str], mend: str, problems: Problems, *, is_folder: bool) -> bool:
    kind = "folder" if is_folder else "file"
    if path.name not in entries:
        near = difflib.get_close_matches(path.name, entries, n=1)
        what = f"expected this {kind}, got none" + (f"; is {near[0]!r} meant?" if near else "")
        problems.add(path, what, mend)
        return False
    if path.is_dir() != is_folder:
        problems.add(path, f"expected a {kind}, got a {'file' if is_folder else 'folder'}", mend)
        return False
    return True


def _may_be_source(names: Collection[str]) -> bool:
    return any(name == FRAMES or Path(name).suffix.lower() in VIDEO_SUFFIXES for name in names)


def _find_source(folder: Path, entries: dict[str, Path], problems: Problems) -> Path | None:
    """The folder of frames, or the video."""
    videos = [path for path in entries.values() if path.is_file() and path.suffix.lower() in VIDEO_SUFFIXES]
    sources = [path for path in (entries.get(FRAMES),) if path is not None and path.is_dir()] + videos
    expected = f"{FRAMES}/ or {folder.name}.mp4"
    if not sources:
        near = difflib.get_close_matches(FRAMES, entries, n=1)
        what = f"expected {expected}, got neither" + (f"; is {near[0]!r} meant?" if near else "")
        problems.add(folder, what, f"put the images into {folder.name}/{FRAMES}, or the video beside {EXPRESSIONS}")
        return None
    if len(sources) > 1:
        got = " and ".join(path.name for path in sources)
        problems.add(folder, f"expected either {expected}, got {got}", "keep the one that the masks were drawn on")
        return None
    (source,) = sources
    if videos and source.stem != folder.name:
        what = f"expected the video to be named as its folder, got {source.name!r}"
        problems.add(source, what, f"rename it to {folder.name}{source.suffix}")
    return source


def _check_objects(
    path: Path, written: list[WrittenExpression], masks: FoundMasks, problems: Problems
) -> list[OwnExpression]:
    """The expressions with the objects that they are true of, which are noted where the masks do not show them."""
    named = {label for expression in written for label in expression.object_ids or ()}
    if len(masks.seen) == 1 and any(expression.object_ids is None for expression in written):
        named |= masks.seen.keys()
    check_gray_values(masks, named, problems)
    if not masks.usable:
        return []
    seen = ", ".join(str(label) for label in sorted(masks.seen)) or "none"
    checked = []
    for expression in written:
        if expression.object_ids is None and len(masks.seen) != 1:
            what = f'{expression}: expected "object_ids", as the masks do not show just one object but {seen}'
            problems.add(path, what, "add the labels that its objects have in the masks")
            continue
        ids = tuple(masks.seen) if expression.object_ids is None else expression.object_ids
        for label in ids:
            if label not in masks.seen:
                what = f"{expression}: expected an object of the masks, got {label}; they show {seen}"
                problems.add(path, what, f"draw {label} in at least one mask, or name another object")
        checked.append(OwnExpression(expression.text, ids))
    return checked
