"""Overlaps of single frames: overall and mean IoU, precision at thresholds, and COCO's mean average precision.

Every annotated frame of an expression is a sample of its own: A2D- and JHMDB-Sentences (Gavrilyuk et al., "Actor and
Action Video Segmentation from a Sentence", CVPR 2018), and the still images of RefCOCO (one frame each).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ..mask_inputs import visible_pair
from .average_precision import mean_average_precision
from .protocol import Item, Predicted, Row, Table, Truth, base_item, decoded_parts

FRAMES_AT_ONCE = 32
"""How many frames of a clip are decoded together: memory does not grow with the clip."""
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
PRECISIONS = {f"p_{threshold:.1f}": f"P@{threshold:.1f}" for threshold in THRESHOLDS}
COLUMNS = {"samples": "samples", "overall_iou": "overall IoU", "mean_iou": "mean IoU", **PRECISIONS}


def score_video(rows: Sequence[Row], predictions: Mapping[str, Predicted], truth_of: Truth) -> list[Item]:
    """The items of one video or image, one for each expression, with the pixels of intersection and union of each
    frame; without a prediction the intersection is 0 and so is the IoU."""
    items = []
    for row in rows:
        predicted = predictions.get(row["expression_id"])
        empty = 0.0 if predicted is None else 1.0  # both empty is right, nothing at all is not
        series: dict[str, list[float]] = {"intersection": [], "union": [], "iou": []}
        for part in decoded_parts(row, predicted, truth_of, FRAMES_AT_ONCE):
            for mask, true, ignored in zip(*part, strict=True):
                mask, true = visible_pair(mask, true, ignored if ignored.any() else None)
                intersection, union = int((mask & true).sum()), int((mask | true).sum())
                series["intersection"].append(intersection)
                series["union"].append(union)
                series["iou"].append(intersection / union if union else empty)
        confidence = _confidence(predicted, len(series["iou"]))
        items.append(base_item(row) | series | {"confidence": confidence, "score": float(np.mean(series["iou"]))})
    return items


def _confidence(predicted: Predicted | None, frames: int) -> list[float | None]:
    """How sure the model is of each mask, 1 where that is not said; None where there is no mask."""
    if predicted is None:
        return [None] * frames
    scores = [1.0] * frames if predicted.scores is None else predicted.scores
    return [None if mask is None else float(score) for mask, score in zip(predicted.masks, scores, strict=True)]


def summarise(items: Sequence[Item]) -> Table:
    """One line "all": sums over all samples, means over all samples."""
    return {"all": _line(items)} if items else {}


def summarise_with_map(items: Sequence[Item]) -> Table:
    """The same with `map`, COCO's mean average precision of the masks, ranked by the model's own score."""
    table = summarise(items)
    if items:
        pairs = [pair for item in items for pair in zip(item["iou"], item["confidence"], strict=True)]
        found = [(iou, confidence) for iou, confidence in pairs if confidence is not None]  # what was handed in
        overlaps, confidence = [iou for iou, _ in found], [sure for _, sure in found]
        table["all"]["map"] = mean_average_precision(overlaps, confidence, targets=int(table["all"]["samples"]))
    return table


def _line(items: Sequence[Item]) -> dict[str, float]:
    series = ([value for item in items for value in item[name]] for name in ("intersection", "union", "iou"))
    return overlap_line(*series)


def overlap_line(intersections: Sequence[float], unions: Sequence[float], iou: Sequence[float]) -> dict[str, float]:
    """`samples`, `overall_iou`, `mean_iou` and `p_0.5` to `p_0.9` of samples with these pixels of intersection and
    union, at least one; the overall IoU of nothing but empty masks is 1."""
    union = sum(unions)
    line: dict[str, float] = {"samples": len(iou)}
    line["overall_iou"] = sum(intersections) / union if union else 1.0
    line["mean_iou"] = float(np.mean(iou))
    for name, threshold in zip(PRECISIONS, THRESHOLDS, strict=True):
        line[name] = float((np.asarray(iou) > threshold).mean())
    return line
