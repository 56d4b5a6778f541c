"""Masks on the decoder's grid."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...cells import cell_centres

LEAST_CELLS = 1.0  # so much of an object must be seen, in cells, to say where it is
FADING = 0.8  # from frame to frame
POSITIVE_WEIGHT = 4.0  # few cells are of an object: else to say "of none" everywhere is learned first


def cell_coverage(masks: Tensor, height: int, width: int) -> Tensor:
    """The share of each cell that is covered: (B, N, T, h, w), of masks (B, N, T, S, S) uint8, 1 where it is.

    Padding counts as not covered.
    """
    coverage = F.adaptive_avg_pool2d((masks == 1).float().flatten(0, 2), (height, width))
    return coverage.unflatten(0, masks.shape[:3])


def object_centres(coverage: Tensor) -> Tensor:
    """(B, N, T, 2): x and y of what is covered, in sides of the square; NaN where less is than `LEAST_CELLS`."""
    area = coverage.sum(dim=(-2, -1))[..., None]  # (B, N, T, 1)
    height, width = coverage.shape[-2:]
    places = cell_centres(height, width, coverage.device)
    centres = torch.einsum("bnthw,hwd->bntd", coverage, places) / area.clamp(min=1e-6)
    return torch.where(area >= LEAST_CELLS, centres, torch.nan)


def trail(coverage: Tensor) -> Tensor:
    """What is covered, and, fainter with every frame, what was: (B, N, T, h, w) of such."""
    trails = [coverage[:, :, 0]]
    for t in range(1, coverage.shape[2]):
        trails.append(torch.maximum(coverage[:, :, t], FADING * trails[-1]))
    return torch.stack(trails, dim=2)


def origins(coverage: Tensor, candidates: Tensor) -> Tensor:
    """Where the candidates of each expression were in the first frame: (B, E, T, h, w), in every frame the same.

    Args:
        coverage: (B, O, T, h, w), of the objects.
        candidates: (B, E, O) bool, the objects that each expression may mean.
    """
    first = torch.einsum("beo,bohw->behw", candidates.float(), coverage[:, :, 0]).clamp(max=1.0)
    return first.unsqueeze(2).expand(-1, -1, coverage.shape[2], -1, -1)


def cell_loss(told: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of logits against coverages, element by element, what is covered counting more."""
    weight = 1 + (POSITIVE_WEIGHT - 1) * target
    return F.binary_cross_entropy_with_logits(told.float(), target, weight, reduction="none")
