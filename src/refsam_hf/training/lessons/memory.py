"""Memory: where was what is spoken of, said by the track token, and by the next frame that is given it.

The mask of a frame can be found without the track token as long as the words are there, so that nothing makes the
token carry anything. Here it has to: its inner product with the position embedding of a cell says whether the cell is
of what is to be remembered, in the language in which the next frame's cells ask for it. And these, in turn, have to
say whether they were of it before.

Two things are remembered: the masks so far, the last most of all, which follows an object (`cells.trail`); and where
everything that the words may mean was in the first frame (`cells.origins`), which tells what has moved and which way:
from one frame to the next an object comes too little way to be told from the noise of the features.

Letters: B clips, E expressions, T frames, S side of the square, (h, w) the grid, C channels.
"""

import torch
from torch import Tensor, nn

from .cells import cell_loss


class MemoryLesson(nn.Module):
    """Asks the track token, and the decoder's last features."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.token_head = nn.Linear(channels, channels)
        self.bias = nn.Parameter(torch.zeros(1))  # FSDP takes no scalar
        self.cell_head = nn.Linear(channels, 1)

    def forward(
        self, features: Tensor, track_tokens: Tensor, positions: Tensor, remembered: Tensor, real: Tensor
    ) -> Tensor:
        """The cross-entropy of both, the padded expressions left out.

        Args:
            features: (B, E, T, h, w, C).
            track_tokens: (B, E, T, C), that of each frame, which goes to the next.
            positions: (1 or B, C, h, w), the position embedding of the cells.
            remembered: (B, E, T, h, w), from 0 to 1, what the token of each frame is to say.
            real: (B, E) bool, false for a padded expression.
        """
        told = torch.einsum("betc,bchw->bethw", self.token_head(track_tokens), positions) + self.bias
        error = cell_loss(told, remembered).mean(dim=(2, 3, 4))
        if remembered.shape[2] > 1:
            before = self.cell_head(features[:, :, 1:]).squeeze(-1)  # (B, E, T - 1, h, w)
            error = error + cell_loss(before, remembered[:, :, :-1]).mean(dim=(2, 3, 4))
        return (error * real).sum() / real.sum().clamp(min=1)
