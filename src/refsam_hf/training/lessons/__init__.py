"""Lessons: dense questions to the decoder's features, for what the mask alone teaches slowly.

RefSAM is trained from nothing here, without a billion masks behind it. The heads that ask are thrown away afterwards.

Letters: B clips, E expressions, T frames, O objects, S side of the square, (h, w) the grid, C channels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...outputs import RefSamFrameEmbeddings
from ..losses import count_rows
from .cells import cell_coverage, origins, trail
from .choice import ChoiceLesson
from .flow import FlowLesson
from .memory import MemoryLesson
from .mentions import MentionsLesson
from .places import PlacesLesson

PARTS = ("model", "choice", "flow", "memory", "origins", "mentions", "places")
"""Of the loss: the model's own, and those of the lessons."""

_ASK_LAST = ("flow", "memory", "origins")
_ASK_BEFORE_LAST = ("flow", "mentions", "places")
_ASK_TRACK_TOKENS = ("memory", "origins")


class Lessons(nn.Module):
    """A RefSAM and the lessons that ask it; what it is trained through.

    Args:
        model: a `RefSamModel`.

    Attributes:
        choice_weight, flow_weight, memory_weight, mentions_weight, origins_weight, places_weight: of the losses; 0
            asks nothing.
        losses: of the last batch, by the name of the lesson, without their weights.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        channels = model.config.mask_decoder_config.hidden_size
        self.flow, self.places, self.mentions = FlowLesson(channels), PlacesLesson(channels), MentionsLesson(channels)
        self.choice = ChoiceLesson()
        self.memory, self.origins = MemoryLesson(channels), MemoryLesson(channels)
        for head in (self.flow, self.memory, self.mentions, self.origins, self.places):
            for parameter in head.parameters():  # a head of random weights sends a trained model anywhere
                nn.init.zeros_(parameter)
        self.choice_weight = self.flow_weight = self.memory_weight = 0.0
        self.mentions_weight = self.origins_weight = self.places_weight = 0.0
        self.losses: dict[str, float] = {}
        self._last: list[Tensor] = []  # (B * E, h * w, C) of each frame: after the decoder's last layer, ...
        self._before_last: list[Tensor] = []  # ... after the one before it,
        self._track_tokens: list[Tensor] = []  # and (B, E, C)
        transformer = model.mask_decoder.transformer
        before_last = transformer.layers[max(len(transformer.layers) - 2, 0)]
        transformer.register_forward_hook(
            lambda _, __, output: self._keep(self._last, output[1].squeeze(1), _ASK_LAST)
        )
        before_last.register_forward_hook(
            lambda _, __, output: self._keep(self._before_last, output[1].squeeze(1), _ASK_BEFORE_LAST)
        )
        if model.implicit_tracking is not None:
            model.implicit_tracking.register_forward_hook(
                lambda _, __, output: self._keep(self._track_tokens, output, _ASK_TRACK_TOKENS)
            )

    def weigh(self, stage: Any) -> None:
        """Takes the weights of a stage of the training, a `StageConfig`."""
        for name in vars(self).copy():
            if name.endswith("_weight"):
                setattr(self, name, getattr(stage, name))

    def _keep(self, kept: list[Tensor], output: Tensor, lessons: Sequence[str]) -> None:
        """Where one of the lessons has a weight: features of all frames are large."""
        if self.model.training and any(getattr(self, f"{name}_weight") for name in lessons):
            kept.append(output)

    def _on_grid(self, kept: list[Tensor], batch: int) -> Tensor:
        """(B, E, T, h, w, C): all frames of a batch of so many clips; empty where none are kept."""
        if not kept:
            return torch.empty(0)
        features = torch.stack(kept, dim=1).float().unflatten(0, (batch, -1))  # (B, E, T, h * w, C)
        side = round(features.shape[3] ** 0.5)
        return features.unflatten(3, (side, side))

    def _positions(self, frames: RefSamFrameEmbeddings | None, batch: int, grid: Sequence[int]) -> Tensor:
        """(1 or B, C, h, w), the position embedding of the cells of a batch of so many clips."""
        if frames is None:
            return self.model.get_image_positional_embeddings(*grid)
        count = len(frames.visual_embedding)
        return self.model.get_cell_positional_embeddings(frames.frames(0, count, count // batch))

    @torch.no_grad()
    def amounts(self, batch: Mapping[str, Any]) -> Tensor:
        """(P, 2): what divides the sums of errors of which a batch's loss is made, the model's own first.

        The greater of the two divides; of several batches, the greater of their sums.

        Args:
            batch: what `forward` takes.
        """
        labels, object_masks = batch["labels"], batch["object_masks"]
        if "frame_embeddings" in batch:
            height, width = batch["frame_embeddings"]["visual_embedding"].shape[-2:]
        else:
            vision = self.model.config.vision_config
            height = width = vision.image_size // vision.patch_size
        candidates, (real, seen) = batch["candidates"], _read(batch)
        amounts = {"model": count_rows(labels, real)}
        if self.choice_weight:
            amounts["choice"] = self.choice.amount(labels, object_masks, candidates, (4 * height, 4 * width))
        if self.flow_weight:
            amounts["flow"] = self.flow.amounts(object_masks, candidates, (height, width))
        amounts |= dict.fromkeys(("memory", "origins"), real.sum())
        amounts["mentions"] = seen.sum()
        if self.places_weight:
            amounts["places"] = self.places.amount(object_masks, batch["anchors"], seen, (height, width))
        table = torch.zeros(len(PARTS), 2, device=labels.device)
        for name, amount in amounts.items():
            table[PARTS.index(name), : amount.numel()] = amount
        return table

    def forward(
        self,
        object_masks: Tensor,
        candidates: Tensor,
        anchors: Tensor,
        shares: Sequence[float] | None = None,
        **batch: Any,
    ) -> Any:
        """The model's output, with the lessons' losses added to its loss.

        Args:
            shares: what each part of the loss is multiplied with, in the order of `PARTS`: how much of `amounts` this
                batch has, of all batches of a step; 1 if not given. No tensor, which FSDP would round.
            object_masks: (B, O, T, S, S) uint8, 1 on the object.
            candidates, anchors: (B, E, O) bool, the objects that each expression may mean, and those that it names
                beside them.
            batch: what the model takes, with `labels` and `words_seen`; `frame_embeddings`, if there are any, as the
                fields of a `RefSamFrameEmbeddings`. Masks then show the cells that these are of.
        """
        if "frame_embeddings" in batch:
            batch["frame_embeddings"] = RefSamFrameEmbeddings(**batch["frame_embeddings"])
        output = self.model(**batch)
        share = dict(zip(PARTS, [1.0] * len(PARTS) if shares is None else shares, strict=True))
        output.loss = share["model"] * output.loss
        if self.model.training:
            losses = self._asked(output.pred_masks, object_masks, candidates, anchors, batch)
            for name, loss in losses.items():
                output.loss = output.loss + share[name] * getattr(self, f"{name}_weight") * loss
        for kept in (self._last, self._before_last, self._track_tokens):
            kept.clear()
        return output

    def _asked(
        self, masks: Tensor, object_masks: Tensor, candidates: Tensor, anchors: Tensor, batch: dict[str, Any]
    ) -> dict[str, Tensor]:
        """The losses of the lessons that have a weight."""
        losses: dict[str, Tensor] = {}
        labels = batch["labels"]
        last, before_last = (self._on_grid(kept, len(labels)) for kept in (self._last, self._before_last))
        (real, seen), grid = _read(batch), last.shape[3:5]
        if self.choice_weight:
            losses["choice"] = self.choice(masks, labels, object_masks, candidates)
        if self.flow_weight:
            losses["flow"] = self.flow(last, before_last, object_masks, candidates)
        if self.memory_weight or self.origins_weight:
            tokens = torch.stack(self._track_tokens, dim=2).float()  # (B, E, T, C)
            told_by = last, tokens, self._positions(batch.get("frame_embeddings"), len(labels), grid)
        if self.memory_weight:
            losses["memory"] = self.memory(*told_by, trail(cell_coverage(labels, *grid)), real)
        if self.origins_weight:
            losses["origins"] = self.origins(*told_by, origins(cell_coverage(object_masks, *grid), candidates), real)
        if self.mentions_weight:
            losses["mentions"] = self.mentions(before_last, object_masks, candidates, anchors, seen)
        if self.places_weight:
            losses["places"] = self.places(before_last, object_masks, anchors, seen)
        self.losses = {name: loss.item() for name, loss in losses.items()}
        return losses


def _read(batch: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
    """(B, E) bool, the expressions that are no padding; (B, E, T) bool, in which frames they are read."""
    real = batch["attention_mask"].any(dim=-1)
    return real, batch["words_seen"] & real[..., None]
