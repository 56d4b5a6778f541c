"""RefCOCO, RefCOCO+ and RefCOCOg: one image and one sentence are a sample."""

from . import overlap
from .protocol import Protocol

PROTOCOL = Protocol(
    name="refcoco",
    rule="Overall IoU (sum of intersections over sum of unions), mean IoU and P@0.5..0.9 (strictly above) over the "
    "sentences.",
    score_video=overlap.score_video,
    summarise=overlap.summarise,
    columns=overlap.COLUMNS,
)
