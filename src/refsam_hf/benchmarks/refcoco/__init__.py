"""RefCOCO, RefCOCO+ and RefCOCOg: sentences about single images of COCO, in two layouts.

Yu et al., "Modeling Context in Referring Expressions", ECCV 2016; Mao et al., "Generation and Comprehension of
Unambiguous Object Descriptions", CVPR 2016.
"""

from .benchmark import BENCHMARKS, LAYOUT, load

__all__ = ["BENCHMARKS", "LAYOUT", "load"]
