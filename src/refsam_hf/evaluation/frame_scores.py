"""J and F of one frame together: what both begin with is done once."""

from typing import Any

from numpy.typing import NDArray

from .contour_accuracy import contour_of_planes, tolerance_radius
from .mask_inputs import visible_pair
from .mask_planes import mask_planes
from .region_similarity import region_of_planes


def frame_scores(
    prediction: NDArray[Any], ground_truth: NDArray[Any], void: NDArray[Any] | None = None
) -> tuple[float, float]:
    """J and F, as `region_similarity` and `contour_accuracy` give them for the same masks (H, W).

    Raises:
        ValueError: as these.
    """
    prediction, ground_truth = visible_pair(prediction, ground_truth, void)
    planes = mask_planes(prediction, ground_truth)
    return region_of_planes(planes), contour_of_planes(planes, tolerance_radius(*prediction.shape))
