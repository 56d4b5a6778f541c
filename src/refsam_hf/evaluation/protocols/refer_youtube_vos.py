"""Refer-YouTube-VOS: J and F of each expression over the frames of its video, then the mean over the expressions.

Seo et al., "URVOS: Unified Referring Video Object Segmentation Network with a Large-Scale Benchmark", ECCV 2020.
"""

from . import per_expression
from .protocol import Protocol

PROTOCOL = Protocol(
    name="refer_youtube_vos",
    rule="J and F of each expression, the mean over its frames, then over the expressions.",
    score_video=per_expression.score_video,
    summarise=per_expression.summarise,
    columns=per_expression.COLUMNS,
)
