"""Your own clips: a folder of frames or videos, masks and expressions, checked and read as rows of the one schema.

The layout of the folder is described in `docs/your-clips.md`.
"""

from ..decoding import decode_row, decode_rows
from .benchmark import BENCHMARKS
from .check import Report, check_clips
from .clip import OwnClip, OwnExpression
from .dataset import OwnClipsError, load_own_clips
from .problems import Problem

__all__ = [
    "BENCHMARKS",
    "OwnClip",
    "OwnClipsError",
    "OwnExpression",
    "Problem",
    "Report",
    "check_clips",
    "decode_row",
    "decode_rows",
    "load_own_clips",
]
