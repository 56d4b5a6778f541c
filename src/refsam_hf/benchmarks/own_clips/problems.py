"""What is wrong with a folder of clips, gathered rather than raised: whoever mends one thing wants to know of all."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, with one or more files in the same way.

    Attributes:
        files: the files or folders, relative to the folder of clips ("." is that folder).
        what: what was expected and what was got.
        mend: what to do about it.
    """

    files: tuple[str, ...]
    what: str
    mend: str

    @property
    def where(self) -> str:
        """The files in few words: names that count on are shown as "first to last"."""
        if len(self.files) == 1:
            return self.files[0]
        runs = [run[0] if len(run) == 1 else f"{run[0]} to {Path(run[-1]).name}" for run in _runs(self.files)]
        return f"{runs[0]}{''.join(', ' + Path(run).name for run in runs[1:])} ({len(self.files)} files)"

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Problems:
    """Takes the problems of a folder down, those of one folder that read alike as one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[tuple[Path, str, str], list[str]] = {}

    def add(self, path: Path, what: str, mend: str) -> None:
        """Notes a problem with a file or folder at or below the root."""
        name = path.relative_to(self._root).as_posix()
        shown = name if is_plain(name) else ascii(name)
        self._files.setdefault((path.parent, what, mend), []).append(shown)

    def __len__(self) -> int:
        return sum(len(files) for files in self._files.values())

    def found(self) -> list[Problem]:
        """The problems, in the order in which they were first come upon."""
        return [Problem(tuple(files), what, mend) for (_, what, mend), files in self._files.items()]


def is_plain(text: str) -> bool:
    """Whether a text can be stored, and printed on one line: names of files may be any bytes, JSON half letters."""
    return not any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in text)


def _runs(files: tuple[str, ...]) -> list[list[str]]:
    """The files in order, parted where the last number in a name is not the next one."""
    runs: list[list[str]] = []
    for file in files:
        if runs and _counts_on(runs[-1][-1], file):
            runs[-1].append(file)
        else:
            runs.append([file])
    return runs


def _counts_on(before: str, after: str) -> bool:
    parts = [re.fullmatch(r"(.*?)(\d+)(\D*)", file, re.DOTALL) for file in (before, after)]
    if parts[0] is None or parts[1] is None:
        return False
    (head, number, tail), (next_head, next_number, next_tail) = (part.groups() for part in parts if part)
    # as texts, so that 9 counts on to 10 and 009 to 010, but 9 not to 010
    return (head, tail) == (next_head, next_tail) and next_number == str(int(number) + 1).zfill(len(number))
