"""Mentions: which cells are of what the expression speaks of, and in which role?

"The circle left of the blue square" is found by finding the circles, finding the blue square, and comparing. The mask
teaches only what comes out of it; here the decoder's features, one layer before the last, have to tell the candidates
(the circles) and the anchor (the blue square) apart from all else.

Letters: B clips, E expressions, T frames, O objects, S side of the square, (h, w) the grid, C channels.
"""

import torch
from torch import Tensor, nn

from .cells import cell_coverage, cell_loss


class MentionsLesson(nn.Module):
    """Asks the decoder's features before its last layer."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.head = nn.Linear(channels, 2)

    def forward(
        self, features: Tensor, object_masks: Tensor, candidates: Tensor, anchors: Tensor, words_seen: Tensor
    ) -> Tensor:
        """The cross-entropy of every cell being a candidate's, and of it being an anchor's.

        Args:
            features: (B, E, T, h, w, C).
            object_masks: (B, O, T, S, S) uint8, 1 on the object.
            candidates, anchors: (B, E, O) bool, the objects that each expression speaks of.
            words_seen: (B, E, T) bool, the frames that are asked for: those in which the expression is read.
        """
        coverage = cell_coverage(object_masks, *features.shape[3:5])
        roles = torch.stack([candidates, anchors], dim=-1).float()  # (B, E, O, 2)
        target = torch.einsum("beor,bothw->bethwr", roles, coverage).clamp(max=1.0)
        error = cell_loss(self.head(features), target).mean(dim=(-3, -2, -1))  # (B, E, T)
        return (error * words_seen).sum() / words_seen.sum().clamp(min=1)
