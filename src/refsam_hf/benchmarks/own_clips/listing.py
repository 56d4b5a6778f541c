"""What lies in a folder, as far as it may be looked at: nothing hidden, nothing outside the folder of clips."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from ...video.images import natural_order
from .problems import Problems, is_plain


def list_folder(folder: Path, root: Path, problems: Problems) -> tuple[list[Path], frozenset[str]]:
    """The files and folders in a folder, in natural order (2 before 10), without hidden ones.

    What cannot be used is noted and left out: links that lead out of `root` or to nothing, pipes and devices, names
    that are no text.

    Returns:
        the paths that can be used, and the names of those left out.
    """
    try:
        names = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        problems.add(folder, f"expected a folder that can be read, got {error.strerror}", "allow reading it")
        return [], frozenset()
    paths = [folder / name for name in sorted(names, key=natural_order)]
    usable = [path for path in paths if _is_usable(path, root, problems)]
    return usable, frozenset(names) - {path.name for path in usable}


def _is_usable(path: Path, root: Path, problems: Problems) -> bool:
    if not is_plain(path.name):
        problems.add(path, "expected a name of letters, got bytes that are none", "rename it")
        return False
    target = os.path.realpath(path)
    if not Path(target).is_relative_to(os.path.realpath(root)):
        what = f"expected something in the folder of clips, got a link out of it, to {target!r}"
        problems.add(path, what, "put a copy in the place of the link")
        return False
    if not os.path.exists(path):
        problems.add(path, "expected a file or a folder, got a link that leads to nothing", "put a file in its place")
        return False
    if not os.path.isfile(path) and not os.path.isdir(path):
        problems.add(path, "expected a file or a folder, got a pipe or a device", "remove it")
        return False
    return True


def by_stem(paths: Iterable[Path], suffixes: Collection[str]) -> dict[str, Path]:
    """The files with one of the suffixes (of any case), by their names without it; of two of a name, the first."""
    files: dict[str, Path] = {}
    for path in paths:
        if path.suffix.lower() in suffixes and not path.name.startswith("."):
            files.setdefault(path.stem, path)
    return files
