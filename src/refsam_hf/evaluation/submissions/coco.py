"""COCO's two files: results, and a ground truth with the same ids that they can be scored against."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...video.rle import check_rle, encode_rle
from ..predictions.coco_json import CATEGORY, image_id
from ..protocols import Predicted, Row, Truth


def results(rows: Sequence[Row], predictions: Mapping[str, Predicted]) -> list[dict[str, Any]]:
    """One entry for each predicted mask, as `COCO.loadRes` reads them."""
    entries = []
    for row in rows:
        predicted = predictions.get(row["expression_id"])
        if predicted is None:
            continue
        scores = predicted.scores or [1.0] * len(predicted.masks)
        for name, rle, score in zip(row["frame_names"], predicted.masks, scores, strict=True):
            if rle is not None:
                entries.append(
                    {
                        "image_id": image_id(row, name),
                        "category_id": CATEGORY,
                        "segmentation": rle,
                        "score": float(score),
                    }
                )
    return entries


class GroundTruth:
    """The instances file of the same samples, collected video by video."""

    def __init__(self) -> None:
        self.images: list[dict[str, Any]] = []
        self.annotations: list[dict[str, Any]] = []

    def add(self, rows: Sequence[Row], truth_of: Truth) -> None:
        """Adds the samples of one video."""
        for row in rows:
            masks, _ = truth_of(row)
            for name, mask in zip(row["frame_names"], masks, strict=True):
                rle = encode_rle(mask)
                height, width = check_rle(rle)
                key = image_id(row, name)
                self.images.append({"id": key, "height": height, "width": width, "caption": row["expression"]})
                self.annotations.append(
                    {
                        "id": len(self.annotations) + 1,
                        "image_id": key,
                        "category_id": CATEGORY,
                        "segmentation": rle,
                        "area": int(mask.sum()),
                        "bbox": _box(mask),
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
