"""Places: where is a cell, seen from the anchor?

"Left of the blue square" and "closest to the blue square" are comparisons with a place that the decoder's tokens have
to find and its cells have to be told. Every cell is asked for its way from the anchor, and how far that is.

Letters: B clips, E expressions, T frames, O objects, S side of the square, (h, w) the grid, C channels.
"""

import torch
from torch import Tensor, nn

from ...cells import cell_centres
from .cells import cell_coverage, object_centres


class PlacesLesson(nn.Module):
    """Asks the decoder's features before its last layer."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.head = nn.Linear(channels, 3)

    def forward(self, features: Tensor, object_masks: Tensor, anchors: Tensor, words_seen: Tensor) -> Tensor:
        """The squared error of x, y and the distance from the anchor, in sides of the square, as a share of them.

        Args:
            features: (B, E, T, h, w, C).
            object_masks: (B, O, T, S, S) uint8, 1 on the object.
            anchors: (B, E, O) bool; expressions without exactly one anchor are not asked.
            words_seen: (B, E, T) bool, the frames that are asked for: those in which the expression is read, and the
                anchor is seen.
        """
        target, asked = _asked(object_masks, anchors, words_seen, (features.shape[3], features.shape[4]))
        error = (self.head(features).float() - target).square() * asked
        return error.sum() / (target.square() * asked).sum().clamp(min=1e-6)

    def amount(self, object_masks: Tensor, anchors: Tensor, words_seen: Tensor, grid: tuple[int, int]) -> Tensor:
        """(): what divides the error."""
        target, asked = _asked(object_masks, anchors, words_seen, grid)
        return (target.square() * asked).sum()


def _asked(object_masks: Tensor, anchors: Tensor, words_seen: Tensor, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """(B, E, T, h, w, 3), the ways from the anchor, and how far; (B, E, T, 1, 1, 1) bool, the frames asked for."""
    centres = object_centres(cell_coverage(object_masks, *grid))  # (B, O, T, 2)
    anchor = torch.einsum("beo,botd->betd", anchors.float(), centres.nan_to_num())
    seen = torch.einsum("beo,bot->bet", anchors.float(), (~centres.isnan().any(dim=-1)).float()) == 1
    asked = (seen & words_seen & (anchors.sum(dim=2) == 1)[..., None])[..., None, None, None]  # (B, E, T, 1, 1, 1)
    ways = cell_centres(*grid, object_masks.device) - anchor[:, :, :, None, None]  # (B, E, T, h, w, 2)
    return torch.cat([ways, ways.norm(dim=-1, keepdim=True)], dim=-1), asked
