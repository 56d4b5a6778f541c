"""Flow: which way has what lies under a cell moved since the frame before?

Which of two squares moves up is one bit per clip, found only if the track token already carries where both of them
were. Here every cell of every object that may be meant asks for it: the decoder's features of a frame, which see the
frame before through the track token alone, have to tell how far the object has come.

Letters: B clips, E expressions, T frames, O objects, S side of the square, (h, w) the grid, C channels.
"""

import math

import torch
from torch import Tensor, nn

from .cells import cell_coverage

SCALE = 10.0  # a tenth of the square's side is 1
COVERED = 0.5  # the share of a cell from which on it is the object's
LEAST_CELLS = 1.0  # so much of an object must be seen, in cells, to say where it is


def object_steps(coverage: Tensor) -> Tensor:
    """How far each object has come since the frame before.

    Args:
        coverage: (B, O, T, h, w), the share of each cell that is the object's.

    Returns:
        (B, O, T, 2), its step as x and y in sides of the square, NaN on the first frame and where it is not seen in
        both.
    """
    height, width = coverage.shape[-2:]
    area = coverage.sum(dim=(-2, -1))  # (B, O, T)
    x = (torch.arange(width, device=coverage.device) + 0.5) / width
    y = (torch.arange(height, device=coverage.device) + 0.5) / height
    centre = torch.stack([(coverage * x).sum(dim=(-2, -1)), (coverage * y[:, None]).sum(dim=(-2, -1))], dim=-1)
    centre = centre / area[..., None].clamp(min=1e-6)  # (B, O, T, 2)
    centre = torch.where(area[..., None] >= LEAST_CELLS, centre, torch.nan)
    steps = torch.full_like(centre, torch.nan)
    steps[:, :, 1:] = centre[:, :, 1:] - centre[:, :, :-1]
    return steps


class FlowLesson(nn.Module):
    """Asks the decoder's last features.

    Attributes:
        explained: of the last batch, 1 minus the squared error over the squared steps: 0 for a head that says
            everything stood still, 1 for one that knows; NaN if nothing was asked.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.head = nn.Linear(channels, 2)
        self.explained = math.nan

    def forward(self, features: Tensor, object_masks: Tensor, candidates: Tensor) -> Tensor:
        """The squared error of the cells of candidates whose step is known.

        Args:
            features: (B, E, T, h, w, C).
            object_masks: (B, O, T, S, S) uint8, 1 on the object.
            candidates: (B, E, O) bool, the objects that each expression may mean.
        """
        coverage = cell_coverage(object_masks, *features.shape[3:5])
        steps = object_steps(coverage)
        known = (coverage > COVERED) & ~steps.isnan().any(dim=-1)[..., None, None]  # (B, O, T, h, w)
        asked = candidates[:, :, :, None, None, None] & known[:, None]  # (B, E, O, T, h, w)
        target = SCALE * torch.einsum("beothw,botd->bethwd", asked.float(), steps.nan_to_num())
        asked = asked.any(dim=2)  # (B, E, T, h, w)
        error = ((self.head(features).float() - target).square().sum(dim=-1) * asked).sum()
        all_steps = target.square().sum().item()
        self.explained = 1 - error.item() / all_steps if all_steps else math.nan
        return error / asked.sum().clamp(min=1)
