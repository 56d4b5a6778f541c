"""The losses of RefSAM: dice and sigmoid focal loss, on mask logits brought to the size of the labels.

Letters: B clips, E expressions, T frames, (h, w) size of the logits, (H, W) that of the labels, N rows of P pixels.
Everything is computed in float32, whatever the precision of the model.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

IGNORE_INDEX = 255
"""The label of pixels that count in no loss: the padding around a frame, or what nobody annotated."""

FOCAL_ALPHA = 0.25
FOCAL_GAMMA = 2.0


def dice_loss(logits: Tensor, labels: Tensor, valid: Tensor | None = None) -> Tensor:
    """Dice loss of each row, `1 - (2 sum(p t) + 1) / (sum(p) + sum(t) + 1)` with `p = sigmoid(logits)`.

    Args:
        logits: (N, P).
        labels: (N, P), 0 or 1.
        valid: (N, P) bool, the pixels that count; None for all of them.

    Returns:
        (N,) float32, between 0 and 1. A row without a valid pixel gives 0.
    """
    probabilities = logits.float().sigmoid()
    targets = labels.float()
    if valid is not None:
        probabilities = probabilities * valid
        targets = targets * valid
    overlap = (probabilities * targets).sum(dim=-1)
    return 1 - (2 * overlap + 1) / (probabilities.sum(dim=-1) + targets.sum(dim=-1) + 1)


def sigmoid_focal_loss(
    logits: Tensor,
    labels: Tensor,
    valid: Tensor | None = None,
    alpha: float = FOCAL_ALPHA,
    gamma: float = FOCAL_GAMMA,
) -> Tensor:
    """Sigmoid focal loss of each row, the mean over its pixels (Lin et al. 2017, equation 5).

    Args:
        logits: (N, P).
        labels: (N, P), 0 or 1.
        valid: (N, P) bool, the pixels that count; None for all of them.
        alpha: weight of the foreground; the background has `1 - alpha`.
        gamma: how much less a pixel counts the better it is known.

    Returns:
        (N,) float32. A row without a valid pixel gives 0.
    """
    logits, targets = logits.float(), labels.float()
    cross_entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    probabilities = logits.sigmoid()
    wrong = probabilities + targets - 2 * probabilities * targets  # 1 - p where the target is 1, p where it is 0
    weight = alpha * targets + (1 - alpha) * (1 - targets)
    loss = weight * wrong.pow(gamma) * cross_entropy
    if valid is None:
        return loss.mean(dim=-1)
    return (loss * valid).sum(dim=-1) / valid.sum(dim=-1).clamp(min=1)


def clip_loss(
    pred_masks: Tensor, iou_scores: Tensor, labels: Tensor, attention_mask: Tensor, iou_loss_weight: float
) -> Tensor:
    """RefSAM's loss: `segmentation_loss`, and so many times `iou_score_loss`.

    Args:
        pred_masks, iou_scores, labels: as they take them.
        attention_mask: (B, E, N); an expression whose mask is all zero is padding.
    """
    expression_mask = attention_mask.any(dim=-1)  # (B, E)
    loss = segmentation_loss(pred_masks, labels, expression_mask)
    if iou_loss_weight:
        loss = loss + iou_loss_weight * iou_score_loss(pred_masks, iou_scores, labels, expression_mask)
    return loss


def segmentation_loss(pred_masks: Tensor, labels: Tensor, expression_mask: Tensor | None = None) -> Tensor:
    """Dice + focal loss, averaged over the frames, expressions and clips of a batch.

    Args:
        pred_masks: (B, E, T, h, w) logits; upsampled (bilinear) to the labels here.
        labels: (B, E, T, H, W): 0, 1, or `IGNORE_INDEX` where a pixel counts in neither loss. A frame without any
            pixel that counts is left out of the average.
        expression_mask: (B, E), false where an expression is padding; None if all are real.

    Returns:
        A float32 scalar; 0 (with a gradient of 0) where the batch holds nothing to learn from.

    Raises:
        ValueError: if the shapes do not belong together.
    """
    rows = _rows(pred_masks, labels, expression_mask)
    losses = dice_loss(rows.logits, rows.labels, rows.valid)
    losses = losses + sigmoid_focal_loss(rows.logits, rows.labels, rows.valid)
    return rows.mean(losses)


def iou_score_loss(
    pred_masks: Tensor, iou_scores: Tensor, labels: Tensor, expression_mask: Tensor | None = None
) -> Tensor:
    """Squared error of the predicted IoU scores, which SAM was trained with (Kirillov et al. 2023, section 3).

    The IoU that a score should be is that of the mask as it is, at logits above 0; no gradient flows into the mask.

    Args:
        pred_masks: (B, E, T, h, w) logits.
        iou_scores: (B, E, T).
        labels, expression_mask: as in `segmentation_loss`.

    Returns:
        A float32 scalar, averaged like `segmentation_loss`.

    Raises:
        ValueError: if the shapes do not belong together.
    """
    if iou_scores.shape != pred_masks.shape[:3]:
        raise ValueError(
            f"iou_scores must be (B, E, T) = {tuple(pred_masks.shape[:3])}, got {tuple(iou_scores.shape)}"
        )
    rows = _rows(pred_masks.detach(), labels, expression_mask)
    predicted, truth = (rows.logits > 0) & rows.valid, (rows.labels != 0) & rows.valid
    union = (predicted | truth).sum(dim=-1)
    overlap = (predicted & truth).sum(dim=-1)
    iou = torch.where(union > 0, overlap / union.clamp(min=1), 1.0)  # nothing there and nothing found is right
    return rows.mean((iou_scores[rows.real].flatten().float() - iou).square())


def count_rows(labels: Tensor, expression_mask: Tensor) -> Tensor:
    """How many rows `segmentation_loss` is the mean of: frames, with a pixel that counts, of real expressions.

    Args:
        labels: (B, E, T, H, W).
        expression_mask: (B, E).

    Returns:
        A scalar, whole.
    """
    counted = (labels != IGNORE_INDEX).flatten(3).any(dim=-1)  # (B, E, T)
    return (counted & expression_mask.to(labels.device, torch.bool)[..., None]).sum()


@dataclass
class _Rows:
    """The frames of the real expressions, one row of P pixels each."""

    real: Tensor  # (B, E) bool
    logits: Tensor  # (N, P) float32, upsampled
    labels: Tensor  # (N, P)
    valid: Tensor  # (N, P) bool

    def mean(self, losses: Tensor) -> Tensor:
        """(N,) -> the mean over the rows that have a pixel that counts."""
        counted = self.valid.any(dim=-1)
        return (losses * counted).sum() / counted.sum().clamp(min=1)


def _rows(pred_masks: Tensor, labels: Tensor, expression_mask: Tensor | None) -> _Rows:
    if pred_masks.ndim != 5 or labels.ndim != 5 or pred_masks.shape[:3] != labels.shape[:3]:
        raise ValueError(
            "pred_masks (B, E, T, h, w) and labels (B, E, T, H, W) must agree in B, E and T, "
            f"got {tuple(pred_masks.shape)} and {tuple(labels.shape)}"
        )
    if expression_mask is None:
        expression_mask = torch.ones(labels.shape[:2], dtype=torch.bool, device=labels.device)
    elif expression_mask.shape != labels.shape[:2]:
        raise ValueError(
            f"expression_mask must be (B, E) = {tuple(labels.shape[:2])}, got {tuple(expression_mask.shape)}"
        )
    real = expression_mask.to(device=labels.device, dtype=torch.bool)
    # without the padded expressions, which nothing has to be upsampled for and whose NaN, if any, goes nowhere
    logits, targets = pred_masks[real].flatten(0, 1), labels[real].flatten(0, 1)  # (N, h, w), (N, H, W)
    size = targets.shape[-2:]
    targets = targets.flatten(1)
    if len(logits):
        logits = F.interpolate(logits[None].float(), size=size, mode="bilinear", align_corners=False)[0].flatten(1)
    else:  # interpolate takes no empty batch; the gradient is to reach the logits all the same
        logits = logits.float().sum() + targets.float()
    return _Rows(real=real, logits=logits, labels=targets, valid=targets != IGNORE_INDEX)
