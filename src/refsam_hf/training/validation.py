"""How good a model is while it trains: J and F on clips that it has not seen, J on the batch that it just saw."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..benchmarks.shapes import Expression, ShapesClip
from ..evaluation.by_kind import ExpressionScores, summarise
from ..evaluation.results import segment_clip
from .losses import IGNORE_INDEX


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
    training = model.training
    model.eval()
    scores: list[ExpressionScores] = []
    for clip, expressions in clips:
        scores += [result.scores for result in segment_clip(model, processor, clip, expressions)]
    model.train(training)
    if not scores:
        raise ValueError("there is no clip to validate on")
    return summarise(scores)


def flat(table: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """A table as one line of a log: the columns of the row "all", and `kind_column` of the others."""
    line = dict(table.get("all", {}))
    for kind, columns in table.items():
        if kind != "all":
            line |= {f"{kind}_{name}": value for name, value in columns.items() if name in _LOGGED}
    return line


_LOGGED = ("j_and_f", "empty", "hidden_empty")


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
