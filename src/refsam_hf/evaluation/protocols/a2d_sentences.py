"""A2D-Sentences and JHMDB-Sentences: the frames that the metadata name, each a sample of its own."""

from . import overlap
from .protocol import Protocol

PROTOCOL = Protocol(
    name="a2d_sentences",
    rule="Overall IoU (sum of intersections over sum of unions), mean IoU and P@0.5..0.9 (strictly above) over the "
    "annotated frames; mAP as COCO's for masks.",
    score_video=overlap.score_video,
    summarise=overlap.summarise_with_map,
    columns={**overlap.COLUMNS, "map": "mAP"},
)
