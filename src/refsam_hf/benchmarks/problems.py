"""What is wrong with single videos of a benchmark: noted while it is loaded, so that the others are not lost."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ..video.errors import VideoError

NAMED_PROBLEMS = 3


class BenchmarkError(VideoError):
    """A benchmark that cannot be used; `problems` has one line for each of its videos that has one."""

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class BenchmarkWarning(UserWarning):
    """Videos were left out of a benchmark; `problems` has one line for each problem, `left_out` by the id of each
    video what is wrong with it."""

    def __init__(self, message: str, problems: Sequence[str], left_out: Mapping[str, str]) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        self.left_out = dict(left_out)


@contextmanager
def noted_left_out() -> Iterator[dict[str, str]]:
    """Fills the dict that it gives, when what is inside has ended, with the videos that were left out: for each id
    what is wrong with it. Warnings are shown as they would be without it."""
    left_out: dict[str, str] = {}
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", BenchmarkWarning)
            yield left_out
    finally:
        for found in caught:
            if isinstance(found.message, BenchmarkWarning):
                left_out |= found.message.left_out
            warnings.warn_explicit(found.message, found.category, found.filename, found.lineno)


class VideoProblems:
    """Takes the problems of single videos down.

    Args:
        name: of the benchmark and its split.
        strict: whether a single one is an error.
    """

    def __init__(self, name: str, *, strict: bool) -> None:
        self._name = name
        self._strict = strict
        self._found: list[tuple[object, str]] = []

    @contextmanager
    def of(self, video_id: object) -> Iterator[None]:
        """What is raised inside as a ValueError or an OSError is a problem of this video."""
        try:
            yield
        except (ValueError, OSError) as error:
            self._found.append((video_id, str(error)))

    def report(self, kept: int) -> None:
        """Warns of what was found, once all is read, and `kept` rows are left.

        Raises:
            BenchmarkError: there are problems and `strict` is set, or nothing is left.
        """
        problems = [f"video {video!r}: {error}" for video, error in self._found]
        if problems and (self._strict or not kept):
            raise BenchmarkError(self._text("expected no problem with any video, got", problems), problems)
        if not kept:
            raise BenchmarkError(f"{self._name}: expected videos with expressions, got none")
        if problems:
            text = self._text(
                "left out as they cannot be used:", problems, ending=" (the option strict=True makes this an error)"
            )
            warnings.warn(BenchmarkWarning(text, problems, joined(self._found)), stacklevel=4)

    def _text(self, what: str, problems: Sequence[str], ending: str = "") -> str:
        count = len(problems)
        named = "; ".join(problems[:NAMED_PROBLEMS])
        more = f"; and {count - NAMED_PROBLEMS} more" if count > NAMED_PROBLEMS else ""
        return f"{self._name}: {what} {count} video{'s' if count > 1 else ''}: {named}{more}{ending}"


def joined(problems: Iterable[tuple[object, str]]) -> dict[str, str]:
    """Problems, each with the id of its video, as one text for each video."""
    texts: dict[str, str] = {}
    for video, problem in problems:
        name = str(video)
        texts[name] = f"{texts[name]}; {problem}" if name in texts else problem
    return texts
