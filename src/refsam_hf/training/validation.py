"""How good a model is while it trains: J and F on clips that it has not seen, J on the batch that it just saw."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..evaluation import score_clip
from .clips import masks_of
from .losses import IGNORE_INDEX


@torch.no_grad()
def validate(model: Any, processor: Any, clips: Iterable[Any]) -> dict[str, float]:
    """J and F on drawn clips, at the frames' own size, averaged over the expressions.

    Args:
        model: a `RefSamModel`; put into evaluation mode, and back.
        processor: its `RefSamProcessor`.
        clips: what `benchmarks.shapes.generate_clip` gives.

    Returns:
        `j`, `f` and `j_and_f`; and `j_swapped`, the J of each expression's masks against the other objects that the
        clip's expressions name: how much a model that does not listen still gets.

    Raises:
        ValueError: if there is no clip.
    """
    device = next(iter(model.parameters())).device
    training = model.training
    model.eval()
    scores: list[tuple[float, float]] = []
    swapped: list[float] = []
    for clip in clips:
        truths = [masks_of(clip, expression.object_ids) for expression in clip.expressions]  # (T, H, W) each
        predictions = predict_clip(model, processor, clip, device)  # (E, T, H, W)
        for expression, prediction, truth in zip(clip.expressions, predictions, truths, strict=True):
            score = score_clip(prediction, truth)
            scores.append((score.j_mean, score.f_mean))
            others = {
                tuple(other.object_ids): other_truth
                for other, other_truth in zip(clip.expressions, truths, strict=True)
                if not set(other.object_ids) & set(expression.object_ids)
            }
            swapped += [_jaccard(prediction, other_truth) for other_truth in others.values()]
    model.train(training)
    if not scores:
        raise ValueError("there is no clip to validate on")
    j, f = np.mean(scores, axis=0).tolist()
    result = {"j": j, "f": f, "j_and_f": (j + f) / 2}
    if swapped:
        result["j_swapped"] = float(np.mean(swapped))
    return result


def predict_clip(model: Any, processor: Any, clip: Any, device: torch.device) -> np.ndarray:
    """(E, T, H, W) bool: the masks of all the clip's expressions, at the frames' own size."""
    input_ids, attention_mask = processor.tokenize([expression.text for expression in clip.expressions])
    video = processor.video_processor(clip.frames)
    output = model(
        pixel_values=video["pixel_values"].to(device),
        input_ids=input_ids[None].to(device),
        attention_mask=attention_mask[None].to(device),
    )
    frames = list(output.pred_masks[0].float().unbind(dim=1))  # T times (E, 4h, 4w)
    masks = processor.post_process_masks(frames, [clip.frames.shape[1:3]] * len(frames))
    return torch.stack(masks, dim=1).cpu().numpy()


def _jaccard(prediction: np.ndarray, truth: np.ndarray) -> float:
    """The mean J over frames of two (T, H, W); two empty masks agree."""
    overlap = (prediction & truth).sum(axis=(1, 2))
    union = (prediction | truth).sum(axis=(1, 2))
    return float(np.where(union == 0, 1.0, overlap / np.maximum(union, 1)).mean())


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
