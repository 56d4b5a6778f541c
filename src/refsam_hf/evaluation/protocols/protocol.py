"""What a protocol is: from the masks predicted for a video to items, from the items of all videos to a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...video.errors import VideoError
from ...video.rle import Rle, decode_rle

Row = Mapping[str, Any]
"""A row of a benchmark (`benchmarks/rows.py`): one expression of one video."""

Item = dict[str, Any]
"""What was measured of one thing, as JSON holds it: `id`, `expression`, `kind`, `frames`, `score` and the series of
the protocol, one value per frame; `scored`, where not all frames count, which of them do."""

Truth = Callable[[Row], tuple[NDArray[np.bool_], NDArray[np.bool_]]]
"""The true masks of a row and its void pixels, bool (T, H, W) each: `benchmarks.decode_masks`."""

Table = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Predicted:
    """What was found for one expression.

    Attributes:
        masks: one RLE per frame of the row; None where a frame was not handed in, which counts as an empty mask.
        scores: the model's estimate of each mask's IoU, where there is one.
        proposal: the annotator and the label of masks that were handed in for no expression, as label maps may hold
            them; the unsupervised evaluation of Ref-DAVIS17 matches them too.
    """

    masks: Sequence[Rle | None]
    scores: Sequence[float] | None = None
    proposal: tuple[int, int] | None = None

    def check_length(self, row: Row) -> None:
        """Raises a ValueError for another number of masks than the row has frames."""
        count = len(row["frame_names"])
        if len(self.masks) != count:
            raise ValueError(f"{where(row)}: expected {count} masks, one per frame, got {len(self.masks)}")

    def part(self, places: slice) -> "Predicted":
        """What was found in some of the frames."""
        return Predicted(self.masks[places], None if self.scores is None else self.scores[places])

    def decode(self, row: Row, height: int, width: int) -> NDArray[np.bool_]:
        """The masks, bool (T, H, W).

        Raises:
            ValueError: another number of masks than the row has frames.
            VideoError: a mask of another size; the frame is named.
        """
        self.check_length(row)
        names = row["frame_names"]
        decoded = np.zeros((len(names), height, width), np.bool_)
        for name, mask, rle in zip(names, decoded, self.masks, strict=True):
            if rle is None:
                continue
            if list(rle["size"]) != [height, width]:
                got = "x".join(str(side) for side in rle["size"])
                raise VideoError(
                    f"{where(row)}, frame {name}: expected a mask of the ground truth's size, {height}x{width} "
                    f"(height x width), got {got}"
                )
            mask[:] = decode_rle(rle)
        return decoded


@dataclass(frozen=True)
class Protocol:
    """How one benchmark is scored.

    Attributes:
        name: of the protocol, as results name it.
        rule: what it does, in a sentence, for people who read the results.
        score_video: the rows of one video, what was predicted for them by `expression_id` (proposals by any other
            key), and where the truth comes from -> the items of the video. What was not predicted at all scores 0.
        summarise: the items of all videos -> for each line of the table its numbers.
        columns: the name of each number in a line, and its heading.
        one_label_a_pixel: whether the expressions of an annotator compete for each pixel, as in DAVIS.
    """

    name: str
    rule: str
    score_video: Callable[[Sequence[Row], Mapping[str, Predicted], Truth], list[Item]]
    summarise: Callable[[Sequence[Item]], Table]
    columns: Mapping[str, str]
    one_label_a_pixel: bool = False


def parts(row: Row, frames: int) -> Iterator[tuple[Row, slice]]:
    """A row of some `frames` frames after another, and which places of the whole they have."""
    for start in range(0, len(row["frame_names"]), frames):
        places = slice(start, start + frames)
        yield {**row, "frame_names": row["frame_names"][places]}, places


def decoded_parts(
    row: Row, predicted: Predicted | None, truth_of: Truth, frames: int
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]]:
    """The predicted masks, the true ones and the void pixels of some `frames` frames after another, (T, H, W) each.

    No mask is predicted where `predicted` is None.

    Raises:
        ValueError, VideoError: as `Predicted.decode` and `truth_of`.
    """
    if predicted is not None:
        predicted.check_length(row)
    for part, places in parts(row, frames):
        truth, void = truth_of(part)
        found = np.zeros_like(truth) if predicted is None else predicted.part(places).decode(part, *truth.shape[1:])
        yield found, truth, void


def where(row: Row) -> str:
    """A row, as errors name it."""
    return f"video {row['video_id']!r}, expression {row['expression_id']!r}"


def kind_of(row: Row) -> str:
    """What sort of expression it is: as the benchmark says, or by what it speaks of and how long it is."""
    if row.get("kind"):
        return str(row["kind"])
    if row["masks"] and not row["object_ids"]:
        return "nothing meant"
    if len(row["object_ids"]) > 1:
        return "several objects"
    words = len(row["expression"].split())
    return "1-4 words" if words < 5 else "5-8 words" if words < 9 else "9 words or more"


def base_item(row: Row) -> Item:
    """The head of the item of one expression."""
    return {
        "video_id": row["video_id"],
        "id": row["expression_id"],
        "expression": row["expression"],
        "kind": kind_of(row),
        "frames": list(row["frame_names"]),
    }
