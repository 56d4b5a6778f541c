"""The measures as `evaluate.Metric`s that take COCO RLE: they can be fed batch by batch, and by several processes.

The classes are made directly, or by `evaluate.load` of one of the files beside this one, both without a network:

    metric = JAndF()
    metric.add_batch(predictions=[...], references=[...], series=["clip 1, object 1", ...], frame=[0, ...])
    metric.compute()  # {"j": ..., "f": ..., ...}

This package imports `evaluate` and `datasets`, which takes a while; nothing else of `refsam_hf.evaluation` does.
"""

from .absent_targets import AbsentTargets
from .j_and_f import JAndF
from .mask_metric import MaskMetric
from .mask_overlap import MaskOverlap

__all__ = ["AbsentTargets", "JAndF", "MaskMetric", "MaskOverlap"]
