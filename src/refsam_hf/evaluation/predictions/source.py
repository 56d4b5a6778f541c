"""What the layouts of predictions share, and how what is missing or too much is said."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from ...benchmarks.folder import plain_name
from ...video.rle import Rle
from ..protocols import Predicted, Row

NAMED = 5

Held = TypeVar("Held")
"""What stands for a mask until it is decoded: its file, or its RLE."""


class PredictionSource(ABC, Generic[Held]):
    """Predictions of somebody for the videos of a benchmark.

    Args:
        path: the folder or file, as the user named it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def video_ids(self) -> set[str]:
        """The videos for which there is anything, of the benchmark or not."""

    @abstractmethod
    def held(self, rows: Sequence[Row]) -> tuple[dict[str, dict[str, Held]], list[str]]:
        """What there is for a video: by expression id and frame name what stands for a mask; and what else there is.

        Raises:
            VideoError, OSError: it cannot be read, or is none; the file is named.
        """

    @abstractmethod
    def mask(self, held: Held, row: Row) -> tuple[Rle, float | None]:
        """The mask, and how sure the model is of it, if that is said."""

    def predict(self, rows: Sequence[Row]) -> tuple[dict[str, Predicted], list[str]]:
        """What was predicted for the rows of one video, and notes on what is missing or too much.

        An expression without any mask is left out, a frame without one is None.

        Raises:
            VideoError, OSError: as `held`, or a mask cannot be decoded.
        """
        return self.of_rows(rows, *self.held(rows))

    def of_rows(
        self, rows: Sequence[Row], masks: Mapping[str, Mapping[str, Held]], notes: list[str]
    ) -> tuple[dict[str, Predicted], list[str]]:
        """`predict` of what `held` gave."""
        if not masks:
            return {}, [*notes, "not handed in"]
        found: dict[str, Predicted] = {}
        missing = []
        for row in rows:
            own = masks.get(row["expression_id"], {})
            names = row["frame_names"]
            expression = f"expression {row['expression_id']!r}"
            if extra := own.keys() - set(names):
                notes.append(f"{expression}: handed in, but not asked for: {listed(extra, 'frame')}")
            if not own.keys() & set(names):
                missing.append(row["expression_id"])
                continue
            if absent := [name for name in names if name not in own]:
                notes.append(f"{expression}: not handed in: {listed(absent, 'frame')}")
            pairs = [self.mask(own[name], row) if name in own else None for name in names]
            scores = [pair[1] if pair and pair[1] is not None else 0.0 for pair in pairs]
            said = any(pair is not None and pair[1] is not None for pair in pairs)
            found[row["expression_id"]] = Predicted([pair and pair[0] for pair in pairs], scores if said else None)
        if missing:
            notes.append(f"not handed in: {listed(missing, 'expression')}")
        if extra := masks.keys() - {row["expression_id"] for row in rows}:
            notes.append(f"handed in, but not of the benchmark: {listed(extra, 'expression')}")
        return found, notes

    def extra_videos(self, videos: Mapping[str, Sequence[Row]], left_out: Collection[str] = ()) -> list[str]:
        """The videos that are handed in and not of the benchmark, which has `videos` and, without rows, `left_out`."""
        return sorted(self.video_ids() - videos.keys() - set(left_out))


def listed(names: Collection[str], what: str) -> str:
    """Names in a message, the first few of them: "frames 00000, 00005 and 3 more"."""
    first = ", ".join(sorted(names)[:NAMED])
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{what}{'s' if len(names) > 1 else ''} {first}{more}"


def inside(folder: Path, *parts: str) -> Path:
    """A path under a folder.

    Raises:
        VideoError: a part leads out of it.
    """
    return folder.joinpath(*(plain_name(part, f"{folder}: id of a prediction") for part in parts))


def entries(folder: Path) -> list[Path]:
    """What lies in a folder, but for hidden files; nothing if it is none."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
