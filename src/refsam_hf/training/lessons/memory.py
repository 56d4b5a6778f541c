"""Memory: where was what is taught, said by the track token, and by the next frame that is given it.

The mask of a frame can be found without the track token as long as the words are there, so that nothing makes the
token carry anything. Here it has to: its inner product with the position embedding of a cell says whether the cell is
of the masks so far, the last most of all, in the language in which the next frame's cells ask for it. And these, in
turn, have to say whether they were of the masks before.

Letters: B clips, E expressions, T frames, S side of the square, (h, w) the grid, C channels.
"""

import torch
from torch import Tensor, nn

from .cells import cell_coverage, cell_loss, trail


class MemoryLesson(nn.Module):
    """Asks the track token, and the decoder's last features."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.token_head = nn.Linear(channels, channels)
        self.bias = nn.Parameter(torch.zeros(1))  # FSDP takes no scalar
        self.cell_head = nn.Linear(channels, 1)

    def forward(self, features: Tensor, track_tokens: Tensor, positions: Tensor, labels: Tensor) -> Tensor:
        """The cross-entropy of both, the padded expressions left out.

        Args:
            features: (B, E, T, h, w, C).
            track_tokens: (B, E, T, C), that of each frame, which goes to the next.
            positions: (C, h, w), the position embedding of the cells.
            labels: (B, E, T, S, S) uint8, 1 on what is taught, 255 everywhere in a padded expression.
        """
        trails = trail(cell_coverage(labels, *features.shape[3:5]))  # (B, E, T, h, w)
        real = (labels != 255).flatten(2).any(dim=2)  # (B, E)
        told = torch.einsum("betc,chw->bethw", self.token_head(track_tokens), positions) + self.bias
        error = cell_loss(told, trails).mean(dim=(2, 3, 4))
        if trails.shape[2] > 1:
            before = self.cell_head(features[:, :, 1:]).squeeze(-1)  # (B, E, T - 1, h, w)
            error = error + cell_loss(before, trails[:, :, :-1]).mean(dim=(2, 3, 4))
        return (error * real).sum() / real.sum().clamp(min=1)
