"""Your own clips, and every other folder of clips with masks: J and F of each expression.

Of an expression that is true of nothing the right mask is the empty one: J and F are then 1, otherwise 0.
"""

from . import per_expression
from .protocol import Protocol

PROTOCOL = Protocol(
    name="own_clips",
    rule="J and F of each expression, the mean over its frames (void left out), then over the expressions.",
    score_video=per_expression.score_video,
    summarise=per_expression.summarise,
    columns=per_expression.COLUMNS,
)
