"""Ref-DAVIS17: four annotators, each scored by itself as DAVIS 2017 scores it; their mean is the result.

Khoreva et al., "Video Object Segmentation with Language Referring Expressions", ACCV 2018. The masks of an annotator
are one label map a frame (`label_maps.compete`); no pixel belongs to two objects. Of masks that somebody hands in, and
that share one, the object of the lower number has it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...video.rle import Rle, is_empty_rle
from ..clip import ClipScores
from ..statistics import decay, mean, recall
from .davis import SemiSupervised, Unsupervised
from .label_maps import first_of_each_pixel
from .protocol import Item, Predicted, Protocol, Row, Table, Truth, base_item, kind_of, parts

COLUMNS = {
    "objects": "objects",
    "j_and_f": "J&F",
    "j": "J",
    "j_recall": "J recall",
    "j_decay": "J decay",
    "f": "F",
    "f_recall": "F recall",
    "f_decay": "F decay",
}
HIGHEST_LABEL = 254
FRAMES_AT_ONCE = 8
"""How many frames of a clip are decoded together: memory does not grow with the clip."""


def score_unsupervised(rows: Sequence[Row], predictions: Mapping[str, Predicted], truth_of: Truth) -> list[Item]:
    """The items of one video, one for each annotator and object of the first frame."""
    return _score(rows, predictions, truth_of, match=True)


def score_semi_supervised(rows: Sequence[Row], predictions: Mapping[str, Predicted], truth_of: Truth) -> list[Item]:
    """The same without the matching: label i of the prediction is object i."""
    return _score(rows, predictions, truth_of, match=False)


def _score(rows: Sequence[Row], predictions: Mapping[str, Predicted], truth_of: Truth, *, match: bool) -> list[Item]:
    labels = labels_of_the_first_frame(rows, truth_of)
    if not labels:
        return []
    entries = [_Entry(rows, annotator, predictions, labels, match) for annotator in sorted(_annotators(rows))]
    for part, places in parts(rows[0], FRAMES_AT_ONCE):
        masks, voids = zip(*(truth_of({**part, "object_ids": [label]}) for label in labels), strict=True)
        truths, void = np.stack(masks, axis=1), voids[0]  # (T, N, H, W), (T, H, W)
        for entry in entries:
            entry.add(places, truths, void)
    counted = slice(None) if match else slice(1, -1)
    return [
        _item(entry.rows, entry.annotator, label, matched, scores, counted)
        for entry in entries
        for label, (matched, scores) in zip(labels, entry.result(len(rows[0]["frame_names"])), strict=True)
    ]


def _annotators(rows: Sequence[Row]) -> set[int]:
    return {row["annotator"] for row in rows}


class _Entry:
    """What is handed in for one annotator, scored as the clip goes on."""

    def __init__(
        self,
        rows: Sequence[Row],
        annotator: int,
        predictions: Mapping[str, Predicted],
        labels: Sequence[int],
        match: bool,
    ) -> None:
        self.annotator = annotator
        self.rows = sorted((row for row in rows if row["annotator"] == annotator), key=_label)
        self._said = {_label(row): row for row in self.rows if row["expression_id"] in predictions}
        self._found = {label: predictions[row["expression_id"]] for label, row in self._said.items()}
        for predicted in predictions.values():
            if match and predicted.proposal and predicted.proposal[0] == annotator:
                label = predicted.proposal[1]
                self._said[label] = {**self.rows[0], "expression_id": f"of label {label}"}
                self._found[label] = predicted
        for label, row in self._said.items():
            self._found[label].check_length(row)
        self._labels = labels
        # the labels that stand for predictions; the official code counts them up to the largest that is shown
        self._shown = list(range(1, _largest(self._found) + 1)) if match else list(labels)
        self._match = match
        self._evaluation = (Unsupervised if match else SemiSupervised)(len(self._shown), len(labels))

    def add(self, places: slice, truths: NDArray[np.bool_], void: NDArray[np.bool_]) -> None:
        """Takes the frames of some places: (T, N, H, W) and (T, H, W)."""
        if not self._found:
            return
        masks = np.zeros((len(void), len(self._shown), *void.shape[1:]), np.bool_)
        for number, label in enumerate(self._shown):
            if label in self._found:
                part = {**self._said[label], "frame_names": self._said[label]["frame_names"][places]}
                masks[:, number] = self._found[label].part(places).decode(part, *void.shape[1:])
        for shown, *frame in zip(masks, truths, void, strict=True):
            self._evaluation.add(first_of_each_pixel(shown), *frame)

    def result(self, frames: int) -> list[tuple[int | None, ClipScores]]:
        """For each label the one of the prediction that stands for it, and the scores; zeros if there is none."""
        if not self._found:
            zero = np.zeros(frames if self._match else max(0, frames - 2))
            return [(None, ClipScores(zero, zero))] * len(self._labels)
        scored = []
        for index, scores in self._evaluation.result():
            label = None if index is None else self._shown[index]
            scored.append((label if label in self._found else None, scores))
        return scored


def _largest(found: Mapping[int, Predicted]) -> int:
    """The largest label that any mask shows; 0 if all are empty."""
    shown = (label for label in sorted(found, reverse=True) if not all(map(_is_empty, found[label].masks)))
    return next(shown, 0)


def _is_empty(mask: Rle | None) -> bool:
    return mask is None or is_empty_rle(mask)


def _label(row: Row) -> int:
    label: int = row["object_ids"][0]
    return label


def _item(
    rows: Sequence[Row], annotator: int, label: int, matched: int | None, scores: ClipScores, counted: slice
) -> Item:
    spoken = [row for row in rows if row["object_ids"][0] == label]
    said = spoken[0] if spoken else rows[0]
    head = base_item(said) | {"frames": list(said["frame_names"])[counted]}
    if not spoken:
        head |= {"expression": "(no expression)", "kind": kind_of(said)}
    return head | {
        "id": f"annotator {annotator}, object {label}",
        "expression_id": said["expression_id"] if spoken else None,
        "annotator": annotator,
        "object": label,
        "matched": matched,
        "j": scores.j.tolist(),
        "f": scores.f.tolist(),
        "score": scores.j_and_f,
    }


def labels_of_the_first_frame(rows: Sequence[Row], truth_of: Truth) -> list[int]:
    """The ids from 1 to the largest that the first frame shows.

    An id that nobody speaks of counts too, as in the official code.
    """
    first = {**rows[0], "frame_names": list(rows[0]["frame_names"])[:1]}

    def shows(labels: range) -> bool:
        return bool(truth_of({**first, "object_ids": list(labels)})[0].any())

    largest, below = 0, HIGHEST_LABEL + 1
    while below - largest > 1:  # none is shown from `below` on, and if any is, one from `largest` on
        middle = (largest + below) // 2
        largest, below = (middle, below) if shows(range(middle, below)) else (largest, middle)
    return list(range(1, largest + 1))


def summarise(items: Sequence[Item]) -> Table:
    """A line for each annotator, the means over all objects of all videos, and "mean", the mean of the lines."""
    table: Table = {}
    for annotator in sorted({item["annotator"] for item in items}):
        own = [item for item in items if item["annotator"] == annotator]
        line: dict[str, float] = {"objects": len(own)}
        for name in ("j", "f"):
            line[name] = float(np.mean([mean(item[name]) for item in own]))
            line[f"{name}_recall"] = float(np.mean([recall(item[name]) for item in own]))
            line[f"{name}_decay"] = float(np.mean([decay(item[name]) for item in own]))
        line["j_and_f"] = (line["j"] + line["f"]) / 2
        table[f"annotator {annotator}"] = line
    if table:
        lines = list(table.values())
        means = {name: float(np.mean([line[name] for line in lines])) for name in lines[0] if name != "objects"}
        table["mean"] = {"objects": sum(int(line["objects"]) for line in lines), **means}
    return table


UNSUPERVISED = Protocol(
    name="ref_davis17",
    rule="Per annotator one label map a frame (of masks that share a pixel, the lower number has it); "
    "unsupervised DAVIS 2017 evaluation (all frames, void left out, every label up to the largest is a proposal, "
    "Hungarian matching on J&F); the mean over all objects, then the mean of the annotators.",
    score_video=score_unsupervised,
    summarise=summarise,
    columns=COLUMNS,
    one_label_a_pixel=True,
)
SEMI_SUPERVISED = Protocol(
    name="ref_davis17_semi_supervised",
    rule="Per annotator one label map a frame (of masks that share a pixel, the lower number has it); "
    "semi-supervised DAVIS 2017 evaluation (first and last frame left out, "
    "label i is object i); the mean over all objects, then the mean of the annotators.",
    score_video=score_semi_supervised,
    summarise=summarise,
    columns=COLUMNS,
    one_label_a_pixel=True,
)
