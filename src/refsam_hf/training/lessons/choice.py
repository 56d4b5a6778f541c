"""Choice: of all that the words may mean, is what they do mean marked rather than the rest?

Dice and focal loss count pixels. Of two squares one of which is meant, most pixels of a frame are of neither, and to
mark both is a good second best, at which motion and relations come to rest. Here only the candidates' pixels count: on
average, the logits of the object that is meant have to be above those of the others.

Letters: B clips, E expressions, T frames, O objects, S side of the square, (h, w) the size of the logits.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, softplus


class ChoiceLesson(nn.Module):
    """Asks the masks themselves; it has no head."""

    def forward(self, pred_masks: Tensor, labels: Tensor, object_masks: Tensor, candidates: Tensor) -> Tensor:
        """`softplus(others - meant)` of mean logits, over the frames in which both are seen; 0 where there are none.

        Args:
            pred_masks: (B, E, T, h, w) logits.
            labels: (B, E, T, S, S) uint8, 1 on what is taught: where that is all candidates, nothing is asked.
            object_masks: (B, O, T, S, S) uint8, 1 on the object.
            candidates: (B, E, O) bool, the objects that each expression may mean.
        """
        meant, others, asked = _asked(labels, object_masks, candidates, (pred_masks.shape[-2], pred_masks.shape[-1]))
        loss = softplus(_mean_over(pred_masks, others) - _mean_over(pred_masks, meant))
        return (loss * asked).sum() / asked.sum().clamp(min=1)

    def amount(self, labels: Tensor, object_masks: Tensor, candidates: Tensor, size: tuple[int, int]) -> Tensor:
        """(): of how many frames the loss is the mean."""
        return _asked(labels, object_masks, candidates, size)[2].sum()


def _asked(
    labels: Tensor, object_masks: Tensor, candidates: Tensor, size: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """(B, E, T, h, w) bool, the pixels of what is meant, and of the others; (B, E, T) bool, where both are seen."""
    labels, seen = _at_size(labels, size), _at_size(object_masks, size) == 1
    meant = labels == 1
    others = torch.einsum("beo,bothw->bethw", candidates.float(), seen.float()).bool() & (labels == 0)
    return meant, others, meant.any(dim=-1).any(dim=-1) & others.any(dim=-1).any(dim=-1)


def _at_size(masks: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, N, T, S, S) uint8 -> (B, N, T, h, w), the nearest pixels."""
    return interpolate(masks.flatten(0, 1).float(), size=list(size), mode="nearest").unflatten(0, masks.shape[:2])


def _mean_over(logits: Tensor, pixels: Tensor) -> Tensor:
    """The mean of logits (..., h, w) over some of their pixels, (...); 0 over none."""
    return (logits.float() * pixels).sum(dim=(-2, -1)) / pixels.sum(dim=(-2, -1)).clamp(min=1)
