"""The folder of a benchmark: what it has to hold, and that nothing outside of it is read."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ..files.json import read_json
from .problems import BenchmarkError


def plain_name(name: object, what: str) -> str:
    """`name`, if it can be the name of a file or folder that lies where it is looked for.

    Raises:
        BenchmarkError: it is no text, or leads elsewhere (`..`, a path, an absolute one); `what` is what it names.
    """
    if (
        not isinstance(name, str)
        or name in ("", ".", "..")
        or any(letter in "/\\" or letter < " " or "\ud800" <= letter <= "\udfff" for letter in name)
    ):
        raise BenchmarkError(f"{what}: expected a plain name, without a path, got {name!r}")
    return name


class BenchmarkFolder:
    """A folder that was named by the user, and what lies in it.

    Args:
        benchmark: its name, for messages.
        root: where it is.
        layout: what has to lie in it, for messages.
        allow_links: follow links that lead out of the folder. Whoever did not set them does not know what is read.

    Raises:
        BenchmarkError: `root` is None.
        NotADirectoryError: there is no such folder.
    """

    def __init__(
        self, benchmark: str, root: str | os.PathLike[str] | None, layout: str, *, allow_links: bool = False
    ) -> None:
        if root is None:
            asked = f"root of {benchmark} (--root of a command): expected a folder, got None"
            raise BenchmarkError(f"{asked}; it has to hold:\n{layout}")
        self.benchmark = benchmark
        self.layout = layout
        self.path = Path(os.path.abspath(root))
        self._real = os.path.realpath(self.path)
        self._allow_links = allow_links
        if not self.path.is_dir():
            got = "a file" if self.path.exists() else "nothing there"
            raise NotADirectoryError(self._text(f"expected the folder of {benchmark}, got {got}"))

    def file(self, *names: str) -> Path:
        """The first of these files, named relative to the folder, that is there.

        Raises:
            FileNotFoundError: none is.
            BenchmarkError: it is a link that leads out of the folder.
        """
        return self._find(names, "file", os.path.isfile)

    def folder(self, *names: str) -> Path:
        """The first of these folders that is there, as `file`."""
        return self._find(names, "folder", os.path.isdir)

    def has(self, name: str) -> bool:
        """Whether there is a file or folder of that name."""
        return (self.path / name).exists()

    def inside(self, path: Path) -> Path:
        """`path`, which lies in the folder by its name, if it does so when links are followed.

        Raises:
            BenchmarkError: it is a link that leads out.
        """
        if not self._allow_links:
            target = os.path.realpath(path)
            if target != self._real and not target.startswith(self._real.rstrip(os.sep) + os.sep):
                raise BenchmarkError(
                    f"{path}: expected something in {self.path}, got a link out of it, to {target!r} (name the folder "
                    "that holds both, or give the option allow_links=True if you trust it)"
                )
        return path

    def read_json(self, path: Path, kind: type) -> Any:
        """The content of a JSON file.

        Args:
            kind: dict or list, what it has to be.

        Raises:
            BenchmarkError: it is no JSON, or of another kind.
            OSError: it cannot be read.
        """
        return read_json(path, kind, BenchmarkError)

    def listed(self, folder: Path, suffixes: Collection[str]) -> dict[str, str]:
        """The files in one of its folders that end so (in letters of any case), by their names without endings; of
        two, the first by name.

        Raises:
            OSError: the folder is not there or cannot be read.
            BenchmarkError: it, or a file in it, is a link that leads out.
        """
        self.inside(folder)
        try:
            with os.scandir(folder) as entries:
                found = sorted((entry.name, entry.is_symlink()) for entry in entries)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{folder}: expected this folder, got none") from error
        files: dict[str, str] = {}
        for name, is_link in found:
            if is_link:
                self.inside(folder / name)
            stem, suffix = os.path.splitext(name)
            if suffix.lower() in suffixes:
                files.setdefault(stem, name)
        return files

    def check_files(self, folder: Path, names: Collection[str], suffixes: Sequence[str], what: str) -> None:
        """Refuses a folder that has no file, ending as `listed` takes it, for one of the names; nothing is opened.

        Raises:
            OSError, BenchmarkError: as `listed`, or one is missing.
        """
        files = self.listed(folder, suffixes)
        missing = [name for name in names if name not in files]
        if missing:
            some = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
            raise BenchmarkError(
                f"{folder}: expected {what} for every frame, got none for {some} (ending in {' or '.join(suffixes)})"
            )

    def _find(self, names: Collection[str], kind: str, is_there: Any) -> Path:
        for name in names:
            if is_there(self.path / name):
                return self.inside(self.path / name)
        raise FileNotFoundError(self._text(f"expected the {kind} {' or '.join(names)}, got none"))

    def _text(self, what: str) -> str:
        return f"{self.path}: {what}; {self.benchmark} is laid out like this:\n{self.layout}"
