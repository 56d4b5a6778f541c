"""The procedural benchmark "shapes": clips of moving coloured shapes and expressions that are true of one of them."""

from .clip import ShapesClip, generate_clip
from .config import SceneConfig
from .dataset import decode_row, decode_rows, load_shapes
from .expressions import KINDS, Expression
from .vocabulary import SPLITS, WORDS

__all__ = [
    "KINDS",
    "SPLITS",
    "WORDS",
    "Expression",
    "SceneConfig",
    "ShapesClip",
    "decode_row",
    "decode_rows",
    "generate_clip",
    "load_shapes",
]
