"""What a run of an evaluation found, put together from the results of its videos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .protocols import Item, Protocol, Row
from .protocols.protocol import Table
from .run_folder import RunFolder


@dataclass(frozen=True)
class RunResults:
    """All that was measured.

    Attributes:
        table: of the protocol; empty if no video was scored.
        items: of all videos, in the order of the benchmark.
        failed: for each video that could not be predicted or scored the reason.
        notes: for each video what was missing or too much in its predictions.
        hidden: how many videos were predicted, but have no public masks to be scored with.
        seconds: that the videos took, in all processes together.
    """

    table: Table
    items: list[Item]
    failed: dict[str, str]
    notes: dict[str, list[str]]
    hidden: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON, but for the items: they are in the files of the videos."""
        return {
            "scores": self.table,
            "failed": self.failed,
            "notes": self.notes,
            "videos_without_public_masks": self.hidden,
            "seconds": round(self.seconds, 1),
        }


def collect(folder: RunFolder, videos: Mapping[str, Sequence[Row]], protocol: Protocol) -> RunResults:
    """The results of all videos, each of which has been written.

    Raises:
        OSError: one has not.
    """
    results = [folder.read(video) for video in videos]
    items = [item for result in results for item in result.items]
    return RunResults(
        table=protocol.summarise(items) if items else {},
        items=items,
        failed={result.video_id: result.error for result in results if result.error is not None},
        notes={result.video_id: result.notes for result in results if result.notes},
        hidden=sum(not result.items and result.error is None for result in results),
        seconds=sum(result.seconds for result in results),
    )
