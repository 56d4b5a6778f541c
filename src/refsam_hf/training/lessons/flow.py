"""Flow: how far has what lies under a cell come since the first frame?

Which of two squares moves up is one bit per clip, found only if the track token already carries where both of them
were. Here every cell of what the words may mean asks for it: the decoder's features of a frame, which see the frames
before through the track token alone, have to tell how far each candidate has come. All candidates, and not what is
taught alone: which way that one goes is what the words say. The features before the last layer are asked too: with
what they tell, the last layer can choose.

Letters: B clips, E expressions, T frames, O objects, S side of the square, (h, w) the grid, C channels.
"""

import torch
from torch import Tensor, nn

from .cells import cell_coverage, object_centres

SCALE = 10.0  # a tenth of the square's side is 1
LEAST_WAY = 0.2  # as scaled: on average
COVERED = 0.5  # the share of a cell from which on it is the object's


class FlowLesson(nn.Module):
    """Asks the decoder's features after its last layer, and before it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.head = nn.Linear(channels, 2)
        self.early_head = nn.Linear(channels, 2)

    def forward(self, features: Tensor, early_features: Tensor, object_masks: Tensor, candidates: Tensor) -> Tensor:
        """The squared error of the cells of the candidates, as a share: the mean of both answers.

        It is 1 for a head that says that everything stood still, and 0 for one that knows, or is asked nothing.

        Args:
            features, early_features: (B, E, T, h, w, C), after the last layer and before it.
            object_masks: (B, O, T, S, S) uint8, 1 on the object.
            candidates: (B, E, O) bool, the objects that each expression may mean.
        """
        target, asked = _asked(object_masks, candidates, (features.shape[3], features.shape[4]))
        answers = torch.stack([self.head(features[:, :, 1:]), self.early_head(early_features[:, :, 1:])]).float()
        error = ((answers - target).square().sum(dim=-1) * asked).sum() / len(answers)
        return error / _amounts(target, asked).max().clamp(min=1e-6)

    def amounts(self, object_masks: Tensor, candidates: Tensor, grid: tuple[int, int]) -> Tensor:
        """(2,): the greater of these divides the error; of several batches, the greater of their sums."""
        return _amounts(*_asked(object_masks, candidates, grid))


def _asked(object_masks: Tensor, candidates: Tensor, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """(B, E, T - 1, h, w, 2), the ways of the candidates, as scaled; (B, E, T - 1, h, w) bool, the cells asked for."""
    coverage = cell_coverage(object_masks, *grid)
    centres = object_centres(coverage)
    ways = centres - centres[:, :, :1]  # (B, O, T, 2), unknown of what was not seen in the first frame
    known = (coverage > COVERED) & ~ways.isnan().any(dim=-1)[..., None, None]  # (B, O, T, h, w)
    asked = candidates[..., None, None, None] & known[:, None, :, 1:]  # (B, E, O, T - 1, h, w)
    target = SCALE * torch.einsum("beothw,botd->bethwd", asked.float(), ways[:, :, 1:].nan_to_num())
    return target, asked.any(dim=2)


def _amounts(target: Tensor, asked: Tensor) -> Tensor:
    """Where hardly anything moves, the share of hardly anything would drown all else: hence the second."""
    return torch.stack([target.square().sum(), LEAST_WAY**2 * asked.sum()])
