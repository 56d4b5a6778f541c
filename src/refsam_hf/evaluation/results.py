"""What a model makes of the expressions of a drawn clip: masks, scores, and how good they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..benchmarks.shapes import Expression, ShapesClip
from .by_kind import ExpressionScores, score_expression


@dataclass(frozen=True, eq=False)
class ExpressionResult:
    """One expression of a clip of T frames, segmented.

    Attributes:
        clip: that it was segmented in.
        expression: of the clip, as the benchmark says it.
        masks: (T, H, W) bool, predicted, at the frames' own size.
        iou_scores: (T,) float64, the model's own estimate of each mask's IoU.
    """

    clip: ShapesClip
    expression: Expression
    masks: NDArray[np.bool_]
    iou_scores: NDArray[np.float64]

    @property
    def truth(self) -> NDArray[np.bool_]:
        """(T, H, W) bool, the visible pixels of the target; nothing for an expression that is true of nothing."""
        return self.clip.masks_of(self.expression.object_ids)

    @cached_property
    def scores(self) -> ExpressionScores:
        """How good the masks are."""
        return score_masks(self.clip, self.expression, self.masks)


def score_masks(clip: ShapesClip, expression: Expression, masks: NDArray[np.bool_]) -> ExpressionScores:
    """How good the masks (T, H, W) of an expression are; what it does not mean are the other objects that the clip's
    expressions name."""
    named = sorted({object_id for other in clip.expressions for object_id in other.object_ids})
    return score_expression(
        expression.kind,
        expression.decidable_from,
        masks,
        clip.masks_of(expression.object_ids),
        [clip.masks[object_id - 1] for object_id in named if object_id not in expression.object_ids],
    )


@torch.no_grad()
def segment_clip(
    model: Any,
    processor: Any,
    clip: ShapesClip,
    expressions: Sequence[Expression],
    texts: Sequence[str] | None = None,
) -> list[ExpressionResult]:
    """Segments a clip by some of its expressions, all together.

    Args:
        model: a `RefSamModel` in evaluation mode.
        processor: its `RefSamProcessor`.
        expressions: E of them, at least one.
        texts: what the model reads in their place, E of them; None: what they say.

    Raises:
        ValueError: another number of texts than of expressions.
    """
    if texts is None:
        texts = [expression.text for expression in expressions]
    if len(texts) != len(expressions):
        raise ValueError(f"texts: expected {len(expressions)}, one per expression, got {len(texts)}")
    device = next(iter(model.parameters())).device
    input_ids, attention_mask = processor.tokenize(list(texts))
    video = processor.video_processor(clip.frames)
    output = model(
        pixel_values=video["pixel_values"].to(device),
        input_ids=input_ids[None].to(device),
        attention_mask=attention_mask[None].to(device),
    )
    frames = list(output.pred_masks[0].float().unbind(dim=1))  # T times (E, 4h, 4w)
    sizes = [clip.frames.shape[1:3]] * len(frames)
    masks = torch.stack(processor.post_process_masks(frames, sizes), dim=1).cpu().numpy()  # (E, T, H, W)
    iou_scores = output.iou_scores[0].double().cpu().numpy()  # (E, T)
    return [ExpressionResult(clip, *parts) for parts in zip(expressions, masks, iou_scores, strict=True)]
