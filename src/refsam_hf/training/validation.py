"""How good a model is while it trains: J and F on clips that it has not seen, J on the batch that it just saw."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..benchmarks.shapes import Expression, ShapesClip
from ..evaluation.by_kind import ExpressionScores, score_expression, summarise
from .clips import masks_of
from .losses import IGNORE_INDEX


@torch.no_grad()
def validate(
    model: Any, processor: Any, clips: Iterable[tuple[ShapesClip, Sequence[Expression]]]
) -> dict[str, dict[str, float]]:
    """J and F on drawn clips, at the frames' own size, kind by kind.

    Args:
        model: a `RefSamModel`; put into evaluation mode, and back.
        processor: its `RefSamProcessor`.
        clips: each with the expressions of it that count, as `benchmarks.shapes.iterate_shapes` gives them.

    Returns:
        The table of `evaluation.by_kind.summarise`.

    Raises:
        ValueError: if there is no clip.
    """
    device = next(iter(model.parameters())).device
    training = model.training
    model.eval()
    scores: list[ExpressionScores] = []
    for clip, expressions in clips:
        predictions = predict_clip(model, processor, clip, [expression.text for expression in expressions], device)
        scores += score_clip_expressions(clip, expressions, predictions)
    model.train(training)
    if not scores:
        raise ValueError("there is no clip to validate on")
    return summarise(scores)


def score_clip_expressions(
    clip: ShapesClip, expressions: Sequence[Expression], predictions: np.ndarray
) -> list[ExpressionScores]:
    """The scores of the masks (E, T, H, W) that were predicted for some expressions of a clip."""
    named = sorted({object_id for expression in clip.expressions for object_id in expression.object_ids})
    return [
        score_expression(
            expression.kind,
            expression.decidable_from,
            prediction,
            masks_of(clip, expression.object_ids),
            [clip.masks[object_id - 1] for object_id in named if object_id not in expression.object_ids],
        )
        for expression, prediction in zip(expressions, predictions, strict=True)
    ]


def flat(table: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """A table as one line of a log: the columns of the row "all", and `kind_column` of the others."""
    line = dict(table.get("all", {}))
    for kind, columns in table.items():
        if kind != "all":
            line |= {f"{kind}_{name}": value for name, value in columns.items() if name in _LOGGED}
    return line


_LOGGED = ("j_and_f", "empty", "hidden_empty")


def predict_clip(
    model: Any, processor: Any, clip: ShapesClip, texts: Sequence[str], device: torch.device
) -> np.ndarray:
    """(E, T, H, W) bool: the masks of E texts, at the frames' own size."""
    input_ids, attention_mask = processor.tokenize(list(texts))
    video = processor.video_processor(clip.frames)
    output = model(
        pixel_values=video["pixel_values"].to(device),
        input_ids=input_ids[None].to(device),
        attention_mask=attention_mask[None].to(device),
    )
    frames = list(output.pred_masks[0].float().unbind(dim=1))  # T times (E, 4h, 4w)
    masks = processor.post_process_masks(frames, [clip.frames.shape[1:3]] * len(frames))
    return torch.stack(masks, dim=1).cpu().numpy()


@torch.no_grad()
def batch_jaccard(pred_masks: Tensor, labels: Tensor) -> float | None:
    """The mean J over the frames of a training batch, where there is an object; None if there is none.

    Args:
        pred_masks: (B, E, T, h, w) logits.
        labels: (B, E, T, H, W), `IGNORE_INDEX` where nothing is asked.
    """
    logits = F.interpolate(pred_masks.float().flatten(0, 2)[:, None], size=labels.shape[-2:], mode="bilinear")[:, 0]
    targets = labels.flatten(0, 2)
    predicted = (logits > 0) & (targets != IGNORE_INDEX)
    truth = targets == 1
    overlap, union = (predicted & truth).sum(dim=(1, 2)), (predicted | truth).sum(dim=(1, 2))
    seen = truth.any(dim=2).any(dim=1)
    return (overlap[seen] / union[seen]).mean().item() if seen.any() else None
