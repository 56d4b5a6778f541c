"""Ref-DAVIS17, in the layout of its release and in the one that everybody converts it to.

Khoreva et al., "Video Object Segmentation with Language Referring Expressions", ACCV 2018. Every object is described
four times: by two people, each with the first frame before them and with the whole video. The four count as annotators
of their own, 0 to 3, in that order; an expression's id is 4 * (place of its object) + annotator.
"""

from .benchmark import BENCHMARKS, LAYOUT, NAME, load

__all__ = ["BENCHMARKS", "LAYOUT", "NAME", "load"]
