"""Ref-DAVIS17: four annotators, each scored by itself as DAVIS 2017 scores it; their mean is the result.

Khoreva et al., "Video Object Segmentation with Language Referring Expressions", ACCV 2018. The masks of an annotator
are one label map a frame (`label_maps.compete`); no pixel belongs to two objects.
"""

from collections.abc import Mapping, Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from ..clip import ClipScores
from ..statistics import decay, mean, recall
from .davis import semi_supervised, unsupervised
from .protocol import Item, Predicted, Protocol, Row, Table, Truth, base_item, kind_of

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


def score_unsupervised(rows: Sequence[Row], predictions: Mapping[str, Predicted], truth_of: Truth) -> list[Item]:
    """The items of one video, one for each annotator and object of the first frame."""
    return _score(rows, predictions, truth_of, match=True)


def score_semi_supervised(rows: Sequence[Row], predictions: Mapping[str, Predicted], truth_of: Truth) -> list[Item]:
    """The same without the matching: label i of the prediction is object i."""
    return _score(rows, predictions, truth_of, match=False)


def _score(rows: Sequence[Row], predictions: Mapping[str, Predicted], truth_of: Truth, *, match: bool) -> list[Item]:
    truths, void = objects_of_the_first_frame(rows, truth_of)
    items: list[Item] = []
    for annotator in sorted({row["annotator"] for row in rows}):
        own = [row for row in rows if row["annotator"] == annotator]
        own.sort(key=lambda row: row["object_ids"][0])
        found = {
            row["object_ids"][0]: predictions[row["expression_id"]].decode(row, *void.shape[1:])
            for row in own
            if row["expression_id"] in predictions
        }
        labels = sorted(found)
        if not found:
            zero = np.zeros(len(void) if match else max(0, len(void) - 2))
            scored: list[tuple[int | None, ClipScores]] = [(None, ClipScores(zero, zero))] * len(truths)
        elif match:
            pairs = unsupervised([found[label] for label in labels], list(truths.values()), void)
            scored = [(None if index is None else labels[index], scores) for index, scores in pairs]
        else:
            nothing = np.zeros_like(void)
            masks = [found.get(label, nothing) for label in truths]
            scored = [
                (label if label in found else None, scores)
                for label, scores in zip(truths, semi_supervised(masks, list(truths.values())), strict=True)
            ]
        for label, (matched, scores) in zip(truths, scored, strict=True):
            items.append(_item(own, annotator, label, matched, scores, counted=slice(None) if match else slice(1, -1)))
    return items


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


def objects_of_the_first_frame(
    rows: Sequence[Row], truth_of: Truth
) -> tuple[dict[int, NDArray[np.bool_]], NDArray[np.bool_]]:
    """The masks (T, H, W) of the ids from 1 to the largest that the first frame shows, and the void pixels.

    An id that nobody speaks of counts too, as in the official code.
    """
    row = rows[0]
    highest = max((object_id for row in rows for object_id in row["object_ids"]), default=0)
    masks: dict[int, NDArray[np.bool_]] = {}
    void = np.zeros(0, np.bool_)
    for label in range(1, highest + 1):
        masks[label], void = truth_of({**row, "object_ids": [label]})
    first = {**row, "frame_names": list(row["frame_names"])[:1]}
    left = truth_of({**first, "object_ids": list(range(highest + 1, HIGHEST_LABEL + 1))})[0].any()
    for label in count(highest + 1):
        if not left or label > HIGHEST_LABEL:
            break
        masks[label], void = truth_of({**row, "object_ids": [label]})
        left = truth_of({**first, "object_ids": list(range(label + 1, HIGHEST_LABEL + 1))})[0].any()
    largest = max((label for label, mask in masks.items() if mask[0].any()), default=0)
    return {label: mask for label, mask in masks.items() if label <= largest}, void


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
    rule="Per annotator one label map a frame; unsupervised DAVIS 2017 evaluation (all frames, void left out, "
    "Hungarian matching on J&F); the mean over all objects, then the mean of the annotators.",
    score_video=score_unsupervised,
    summarise=summarise,
    columns=COLUMNS,
    one_label_a_pixel=True,
)
SEMI_SUPERVISED = Protocol(
    name="ref_davis17_semi_supervised",
    rule="Per annotator one label map a frame; semi-supervised DAVIS 2017 evaluation (first and last frame left out, "
    "label i is object i); the mean over all objects, then the mean of the annotators.",
    score_video=score_semi_supervised,
    summarise=summarise,
    columns=COLUMNS,
    one_label_a_pixel=True,
)
