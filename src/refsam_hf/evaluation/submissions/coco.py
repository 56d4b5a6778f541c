"""COCO's two files: results, and a ground truth with the same ids that they can be scored against."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...video.rle import check_rle, encode_rle
from ..predictions.coco_json import CATEGORY, samples
from ..protocols import Predicted, Row, Truth


def results(rows: Sequence[Row], predictions: Mapping[str, Predicted]) -> list[dict[str, Any]]:
    """One entry for each predicted mask, as `COCO.loadRes` reads them.

    Raises:
        VideoError: as `samples`.
    """
    entries = []
    for row, place, key in samples(rows):
        predicted = predictions.get(row["expression_id"])
        rle = predicted.masks[place] if predicted else None
        if predicted and rle is not None:
            score = float(predicted.scores[place]) if predicted.scores else 1.0
            entries.append({"image_id": key, "category_id": CATEGORY, "segmentation": rle, "score": score})
    return entries


class GroundTruth:
    """The instances file of the same samples, collected video by video."""

    def __init__(self) -> None:
        self.images: list[dict[str, Any]] = []
        self.annotations: list[dict[str, Any]] = []

    def add(self, rows: Sequence[Row], truth_of: Truth) -> None:
        """Adds the samples of one video; raises as `samples` and `truth_of`."""
        masks: Any = ()
        for row, place, key in samples(rows):
            if place == 0:
                masks, _ = truth_of(row)
            rle = encode_rle(masks[place])
            height, width = check_rle(rle)
            self.images.append({"id": key, "height": height, "width": width, "caption": row["expression"]})
            self.annotations.append(
                {
                    "id": len(self.annotations) + 1,
                    "image_id": key,
                    "category_id": CATEGORY,
                    "segmentation": rle,
                    "area": int(masks[place].sum()),
                    "bbox": _box(masks[place]),
                    "iscrowd": 0,
                }
            )

    def content(self) -> dict[str, Any]:
        """As `COCO` reads it."""
        categories = [{"id": CATEGORY, "name": "what is meant"}]
        return {"info": {}, "images": self.images, "annotations": self.annotations, "categories": categories}


def _box(mask: Any) -> list[int]:
    """[left, top, width, height]."""
    rows, columns = mask.any(axis=1).nonzero()[0], mask.any(axis=0).nonzero()[0]
    if not rows.size:
        return [0, 0, 0, 0]
    return [int(columns[0]), int(rows[0]), int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1]
