"""The procedural benchmark "shapes": clips of moving coloured shapes and expressions that are true of one of them."""

from .clip import ShapesClip, generate_clip
from .config import SceneConfig
from .expressions import Expression
from .vocabulary import SPLITS, WORDS

__all__ = ["SPLITS", "WORDS", "Expression", "SceneConfig", "ShapesClip", "generate_clip"]
