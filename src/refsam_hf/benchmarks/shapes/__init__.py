"""The procedural benchmark "shapes": clips of moving coloured shapes and expressions about them."""

from ..decoding import decode_row, decode_rows
from .benchmark import BENCHMARKS
from .clip import ShapesClip, generate_clip
from .config import SceneConfig
from .dataset import iterate_shapes, load_shapes, own_expressions
from .expressions import Expression
from .kinds import MIX
from .vocabulary import SPLITS, WORDS

__all__ = [
    "BENCHMARKS",
    "MIX",
    "SPLITS",
    "WORDS",
    "Expression",
    "SceneConfig",
    "ShapesClip",
    "decode_row",
    "decode_rows",
    "generate_clip",
    "iterate_shapes",
    "load_shapes",
    "own_expressions",
]
