"""From the rows of a video to predicted masks, online and in constant memory."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..benchmarks import iterate_frames
from ..video.rle import Rle, encode_rle
from .protocols import Predicted, Row
from .protocols.label_maps import compete


def segment_rows(
    model: Any, processor: Any, rows: Sequence[Row], *, one_label_a_pixel: bool = False, chunk_size: int = 1
) -> dict[str, Predicted]:
    """What a model finds for the rows of one video, by `expression_id`.

    The expressions of the same frames are segmented in one pass over them; the model sees the frames that the rows
    name and no others. Where the rows of a video name different frames, as in A2D-Sentences, each set of them is a
    pass, and a frame of several sets is decoded for each. Nothing passes from one expression, and so from one
    annotator, to another.

    Args:
        model: a `RefSamModel` in evaluation mode.
        processor: its `RefSamProcessor`.
        rows: at least one.
        one_label_a_pixel: the expressions of an annotator compete for each pixel, as `label_maps.compete` has it.
        chunk_size: frames that go through the vision tower together.

    Raises:
        VideoError: a frame cannot be decoded.
        ValueError: an expression without words; two of one annotator for one object, where they compete.
    """
    found: dict[str, Predicted] = {}
    for group in _of_the_same_frames(rows):
        masks: list[list[Rle | None]] = [[] for _ in group]
        scores: list[list[float]] = [[] for _ in group]
        for found_masks, found_scores in _segment(model, processor, group, one_label_a_pixel, chunk_size):
            for number in range(len(group)):
                masks[number].append(encode_rle(found_masks[number]))
                scores[number].append(float(found_scores[number]))
        found |= {row["expression_id"]: Predicted(masks[i], scores[i]) for i, row in enumerate(group)}
    return found


def _of_the_same_frames(rows: Sequence[Row]) -> list[list[Row]]:
    groups: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["frames_dir"], tuple(row["frame_names"])), []).append(row)
    return list(groups.values())


def _segment(
    model: Any, processor: Any, rows: Sequence[Row], one_label_a_pixel: bool, chunk_size: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Frame after frame the masks, bool (E, H, W), and their scores (E,)."""
    session = processor.init_video_session([row["expression"] for row in rows])
    frames = iterate_frames(rows[0])
    for output in model.propagate_in_video_iterator(session, frames, chunk_size=chunk_size):
        (logits,) = processor.post_process_masks([output.pred_masks], [output.original_size], binarize=False)
        if one_label_a_pixel:
            masks = _label_masks(logits.sigmoid().cpu().numpy(), rows)
        else:
            masks = (logits > 0).cpu().numpy()
        yield masks, output.iou_scores.float().cpu().numpy()


def _label_masks(probabilities: np.ndarray, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Probabilities (E, H, W) -> masks (E, H, W), of which no two of one annotator overlap."""
    masks = np.zeros(probabilities.shape, np.bool_)
    for annotator in {row["annotator"] for row in rows}:
        own = [number for number, row in enumerate(rows) if row["annotator"] == annotator]
        labels = [rows[number]["object_ids"][0] for number in own]
        winners = compete(probabilities[own], labels)
        for number, label in zip(own, labels, strict=True):
            masks[number] = winners == label
    return masks
