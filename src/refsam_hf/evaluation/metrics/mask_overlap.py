"""Overlaps of single masks as a metric: images, and annotated frames that each count by themselves."""

from collections.abc import Iterator
from typing import Any

from datasets import Value

from refsam_hf.evaluation.mask_inputs import visible_pair
from refsam_hf.evaluation.metrics.mask_metric import MaskMetric, Sample
from refsam_hf.evaluation.protocols.average_precision import mean_average_precision
from refsam_hf.evaluation.protocols.overlap import overlap_line


class MaskOverlap(MaskMetric):
    """Overall IoU (sum of intersections over sum of unions), mean IoU, P@0.5 to P@0.9 (the share of samples whose IoU
    is strictly above) and COCO's mean average precision.

    Columns: `sample`, a str that names the sample, and `score`, how sure the model is of its mask, by which the mean
    average precision ranks (left out: 1 for all, in which case they are ranked by name).

    `compute()` gives `samples`, `overall_iou`, `mean_iou`, `p_0.5`, `p_0.6`, ..., `p_0.9`, `map`.
    """

    about = "Overall and mean IoU, precision at IoU thresholds, COCO's mean average precision of masks."
    key = ("sample",)
    columns = {"sample": Value("string"), "score": Value("float64")}
    defaults = {"score": 1.0}
    measures = {"intersection": Value("int64"), "union": Value("int64")}

    def _measure(self, *masks: Any) -> dict[str, int]:
        prediction, reference = visible_pair(*masks)
        return {"intersection": int((prediction & reference).sum()), "union": int((prediction | reference).sum())}

    def _score(self, samples: Iterator[Sample], **options: Any) -> dict[str, Any]:
        if options:
            raise ValueError(f"options: expected none, got {', '.join(options)}")
        intersections, unions, scores = [], [], []
        for sample in samples:
            intersections.append(sample["intersection"])
            unions.append(sample["union"])
            scores.append(sample["score"])
        iou = [shared / union if union else 1.0 for shared, union in zip(intersections, unions, strict=True)]
        return overlap_line(intersections, unions, iou) | {"map": mean_average_precision(iou, scores, len(iou))}
