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
        without_objects: how many have masks, but none that the protocol scores.
        seconds: that the videos took, in all processes together.
    """

    table: Table
    items: list[Item]
    failed: dict[str, str]
    notes: dict[str, list[str]]
    hidden: int
    without_objects: int
    seconds: float

    @property
    def unscored(self) -> list[str]:
        """Of the videos that did not fail and have no scores, how many and why."""
        reasons = {
            "their masks are not public": self.hidden,
            "there is no object to score (of Ref-DAVIS17: in the first frame)": self.without_objects,
        }
        return [f"{count} videos were not scored: {reason}" for reason, count in reasons.items() if count]

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON, but for the items: they are in the files of the videos."""
        return {
            "scores": self.table,
            "failed": self.failed,
            "notes": self.notes,
            "videos_without_public_masks": self.hidden,
            "videos_without_objects": self.without_objects,
            "seconds": round(self.seconds, 1),
        }


def collect(folder: RunFolder, videos: Mapping[str, Sequence[Row]], protocol: Protocol) -> RunResults:
    """The results of all videos, each of which has been written.

    Raises:
        OSError: one has not.
    """
    results = [folder.read(video) for video in videos]
    items = [item for result in results for item in result.items]
    unscored = [result.video_id for result in results if not result.items and result.error is None]
    without_objects = sum(all(row["masks"] for row in videos[video]) for video in unscored)
    return RunResults(
        table=protocol.summarise(items) if items else {},
        items=items,
        failed={result.video_id: result.error for result in results if result.error is not None},
        notes={result.video_id: result.notes for result in results if result.notes},
        hidden=len(unscored) - without_objects,
        without_objects=without_objects,
        seconds=sum(result.seconds for result in results),
    )
