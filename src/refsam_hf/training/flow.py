"""Dense supervision of the track token: which way has what lies under a cell moved since the frame before?

Which of two squares moves up is one bit per clip, found only if the token already carries where both of them were.
Here every cell of every object that may be meant asks for it: the decoder's features of a frame, which see the frame
before through the track token alone, have to tell how far the object has come.

Letters: B clips, E expressions, T frames, O objects, S side of the square, (h, w) the grid, C channels.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SCALE = 10.0  # a tenth of the square's side is 1
COVERED = 0.5  # the share of a cell from which on it is the object's
LEAST_CELLS = 1.0  # so much of an object must be seen, in cells, to say where it is


def object_steps(object_masks: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Which cells are whose, and how far each object has come since the frame before.

    Args:
        object_masks: (B, O, T, S, S) uint8, 1 on the object.

    Returns:
        (B, O, T, h, w) bool, the cells of each object; (B, O, T, 2), its step as x and y in sides of the square, NaN
        on the first frame and where it is not seen in both.
    """
    batch, objects, frames = object_masks.shape[:3]
    coverage = F.adaptive_avg_pool2d((object_masks == 1).float().flatten(0, 2), (height, width))
    coverage = coverage.view(batch, objects, frames, height, width)
    area = coverage.sum(dim=(-2, -1))  # (B, O, T)
    x = (torch.arange(width, device=coverage.device) + 0.5) / width
    y = (torch.arange(height, device=coverage.device) + 0.5) / height
    centre = torch.stack([(coverage * x).sum(dim=(-2, -1)), (coverage * y[:, None]).sum(dim=(-2, -1))], dim=-1)
    centre = centre / area[..., None].clamp(min=1e-6)  # (B, O, T, 2)
    centre = torch.where(area[..., None] >= LEAST_CELLS, centre, torch.nan)
    steps = torch.full_like(centre, torch.nan)
    steps[:, :, 1:] = centre[:, :, 1:] - centre[:, :, :-1]
    return coverage > COVERED, steps


class FlowLesson(nn.Module):
    """A RefSAM and the head that asks it; what it is trained through.

    Args:
        model: a `RefSamModel`.

    Attributes:
        weight: of the loss; 0 asks nothing.
        explained: of the last batch, 1 minus the squared error over the squared steps: 0 for a head that says
            everything stood still, 1 for one that knows; NaN if nothing was asked.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.head = nn.Linear(model.config.mask_decoder_config.hidden_size, 2)
        self.weight = 0.0
        self.explained = math.nan
        self._features: list[Tensor] = []
        model.mask_decoder.transformer.register_forward_hook(self._keep)

    def _keep(self, module: nn.Module, arguments: Any, output: tuple[Tensor, Tensor]) -> None:
        if self.weight and self.model.training:
            self._features.append(output[1].squeeze(1))  # (B * E, h * w, C)

    def forward(self, object_masks: Tensor, may_be_meant: Tensor, **batch: Tensor) -> Any:
        """The model's output, with the head's loss added to its loss.

        Args:
            object_masks: (B, O, T, S, S) uint8, 1 on the object.
            may_be_meant: (B, E, O) bool, the objects that each expression may mean.
            batch: what the model takes.
        """
        self._features.clear()
        output = self.model(**batch)
        if self.weight and self.model.training:
            features = torch.stack(self._features, dim=1).float()  # (B * E, T, h * w, C)
            self._features.clear()
            output.loss = output.loss + self.weight * self._loss(features, object_masks, may_be_meant)
        return output

    def _loss(self, features: Tensor, object_masks: Tensor, may_be_meant: Tensor) -> Tensor:
        height = width = round(features.shape[2] ** 0.5)
        cells, steps = object_steps(object_masks, height, width)
        known = cells & ~steps.isnan().any(dim=-1)[..., None, None]  # (B, O, T, h, w)
        asked = may_be_meant[:, :, :, None, None, None] & known[:, None]  # (B, E, O, T, h, w)
        target = torch.einsum("beothw,botd->bethwd", asked.float(), steps.nan_to_num())
        told = self.head(features).view(target.shape)
        asked = asked.any(dim=2)  # (B, E, T, h, w)
        error = ((told - SCALE * target).square().sum(dim=-1) * asked).sum()
        all_steps = (SCALE * target).square().sum().item()
        self.explained = 1 - error.item() / all_steps if all_steps else math.nan
        return error / asked.sum().clamp(min=1)
