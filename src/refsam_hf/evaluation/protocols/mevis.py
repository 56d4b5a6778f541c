"""MeViS: J and F of each expression over all frames of its video; a video that was not handed in scores 0.

Ding et al., "MeViS: A Large-scale Benchmark for Video Segmentation with Motion Expressions", ICCV 2023. The true mask
is the union of all objects that the expression speaks of.
"""

from . import per_expression
from .protocol import Protocol

PROTOCOL = Protocol(
    name="mevis",
    rule="J and F of each expression against the union of its objects, the mean over all frames, then over the "
    "expressions; what was not handed in scores 0.",
    score_video=per_expression.score_video,
    summarise=per_expression.summarise,
    columns=per_expression.COLUMNS,
)
