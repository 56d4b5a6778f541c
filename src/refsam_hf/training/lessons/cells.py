"""Masks on the decoder's grid."""

import torch.nn.functional as F
from torch import Tensor


def cell_coverage(object_masks: Tensor, height: int, width: int) -> Tensor:
    """The share of each cell that is the object's: (B, O, T, h, w), of masks (B, O, T, S, S) uint8, 1 on the object.

    Padding counts as not the object's.
    """
    coverage = F.adaptive_avg_pool2d((object_masks == 1).float().flatten(0, 2), (height, width))
    return coverage.unflatten(0, object_masks.shape[:3])
