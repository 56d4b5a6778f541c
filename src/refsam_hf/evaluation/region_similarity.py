"""Region similarity J: how much of the region two masks share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from refsam_hf.evaluation.mask_inputs import visible_pair
from refsam_hf.evaluation.mask_planes import BitPlanes, mask_planes

BOTH = 0b11  # the bits of a pixel of both masks


def region_similarity(prediction: NDArray[Any], ground_truth: NDArray[Any], void: NDArray[Any] | None = None) -> float:
    """J, the intersection over union of two masks outside void; 1 where both are empty there.

    Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation", CVPR 2016,
    section 4; the values are those of the official DAVIS 2017 evaluation.

    Args:
        prediction: (H, W), bool or 0 and 1.
        ground_truth: (H, W), bool or 0 and 1.
        void: (H, W), bool or 0 and 1; true where a pixel is not counted. None: every pixel is.

    Returns:
        J, from 0 to 1.

    Raises:
        ValueError: an array is not such a mask, or is not of the ground truth's shape.
    """
    return region_of_planes(mask_planes(*visible_pair(prediction, ground_truth, void)))


def region_of_planes(planes: BitPlanes | None) -> float:
    """J of the two masks of `mask_planes`."""
    return 1.0 if planes is None else np.count_nonzero(planes == BOTH) / np.count_nonzero(planes)
