"""What is wrong with single videos of a benchmark: noted while it is loaded, so that the others are not lost."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..video.errors import VideoError

NAMED_PROBLEMS = 3


class BenchmarkError(VideoError):
    """A benchmark that cannot be used; `problems` has one line for each of its videos that has one."""

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class BenchmarkWarning(UserWarning):
    """Videos were left out of a benchmark; `problems` has one line for each."""

    def __init__(self, message: str, problems: Sequence[str]) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class VideoProblems:
    """Takes the problems of single videos down.

    Args:
        name: of the benchmark and its split.
        strict: whether a single one is an error.
    """

    def __init__(self, name: str, *, strict: bool) -> None:
        self._name = name
        self._strict = strict
        self._found: list[str] = []

    @contextmanager
    def of(self, video_id: object) -> Iterator[None]:
        """What is raised inside as a ValueError or an OSError is a problem of this video."""
        try:
            yield
        except (ValueError, OSError) as error:
            self._found.append(f"video {video_id!r}: {error}")

    def report(self, kept: int) -> None:
        """Warns of what was found, once all is read, and `kept` rows are left.

        Raises:
            BenchmarkError: there are problems and `strict` is set, or nothing is left.
        """
        if self._found and (self._strict or not kept):
            raise BenchmarkError(self._text("expected no problem with any video, got"), self._found)
        if not kept:
            raise BenchmarkError(f"{self._name}: expected videos with expressions, got none")
        if self._found:
            text = self._text(
                "left out as they cannot be used:", ending=" (the option strict=True makes this an error)"
            )
            warnings.warn(BenchmarkWarning(text, self._found), stacklevel=4)

    def _text(self, what: str, ending: str = "") -> str:
        count = len(self._found)
        named = "; ".join(self._found[:NAMED_PROBLEMS])
        more = f"; and {count - NAMED_PROBLEMS} more" if count > NAMED_PROBLEMS else ""
        return f"{self._name}: {what} {count} video{'s' if count > 1 else ''}: {named}{more}{ending}"
