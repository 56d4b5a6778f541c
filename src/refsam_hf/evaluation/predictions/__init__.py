"""Predictions of anybody, read from a folder or file in one of the layouts of the field, or in ours.

A layout is one file beside this one; `open_predictions` sees which it is.
"""

from .opening import open_predictions
from .source import PredictionSource

__all__ = ["PredictionSource", "open_predictions"]
