"""Lessons: dense questions to the decoder's features, for what the mask alone teaches slowly.

RefSAM is trained from nothing here, without a billion masks behind it. The heads that ask are thrown away afterwards.

Letters: B clips, E expressions, T frames, O objects, S side of the square, (h, w) the grid, C channels.
"""

from typing import Any

import torch
from torch import Tensor, nn

from .flow import FlowLesson
from .mentions import MentionsLesson


class Lessons(nn.Module):
    """A RefSAM and the lessons that ask it; what it is trained through.

    Args:
        model: a `RefSamModel`.

    Attributes:
        flow_weight, mentions_weight: of the losses; 0 asks nothing.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        channels = model.config.mask_decoder_config.hidden_size
        self.flow, self.mentions = FlowLesson(channels), MentionsLesson(channels)
        self.flow_weight = self.mentions_weight = 0.0
        self._after: dict[str, list[Tensor]] = {"flow": [], "mentions": []}
        transformer = model.mask_decoder.transformer
        transformer.register_forward_hook(self._keeper("flow"))
        transformer.layers[max(len(transformer.layers) - 2, 0)].register_forward_hook(self._keeper("mentions"))

    def _keeper(self, name: str) -> Any:
        def keep(module: nn.Module, arguments: Any, output: tuple[Tensor, Tensor]) -> None:
            if self.model.training:
                self._after[name].append(output[1].squeeze(1))  # (B * E, h * w, C)

        return keep

    def _features(self, name: str, batch: int) -> Tensor:
        """(B, E, T, h, w, C): all frames of a batch of so many clips."""
        features = torch.stack(self._after[name], dim=1).float().unflatten(0, (batch, -1))  # (B, E, T, h * w, C)
        side = round(features.shape[3] ** 0.5)
        return features.unflatten(3, (side, side))

    def forward(self, object_masks: Tensor, candidates: Tensor, anchors: Tensor, **batch: Tensor) -> Any:
        """The model's output, with the lessons' losses added to its loss.

        Args:
            object_masks: (B, O, T, S, S) uint8, 1 on the object.
            candidates, anchors: (B, E, O) bool, the objects that each expression may mean, and those that it names
                beside them.
            batch: what the model takes, with `words_seen`.
        """
        output = self.model(**batch)
        if self.model.training and self.flow_weight:
            features = self._features("flow", len(candidates))
            output.loss = output.loss + self.flow_weight * self.flow(features, object_masks, candidates)
        if self.model.training and self.mentions_weight:
            features = self._features("mentions", len(candidates))
            seen = batch["words_seen"]
            mentions_loss = self.mentions(features, object_masks, candidates, anchors, seen)
            output.loss = output.loss + self.mentions_weight * mentions_loss
        for kept in self._after.values():
            kept.clear()
        return output
