"""From a clip to what is kept of it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from .kept_cells import LOGITS_PER_CELL, KeptCells


def grid_of(model: Any, every: int) -> int:
    """The side of the grid of a model's tower, of which every n-th row and column can be kept.

    Raises:
        ValueError: n does not divide it.
    """
    vision = model.config.vision_config
    side: int = vision.image_size // vision.patch_size
    if side % every:
        raise ValueError(f"every: expected a divisor of {side}, the side of the tower's grid, got {every}")
    return side


@torch.no_grad()
def kept_features(
    model: Any, clip: Mapping[str, Tensor], cells: KeptCells, dtype: torch.dtype = torch.float16, bf16: bool = False
) -> dict[str, Tensor]:
    """What training needs of a clip (T frames, E expressions, O objects; see `kept_cells` for the other letters).

    Args:
        model: a `RefSamModel`, in evaluation mode.
        clip: what `clips.clip_tensors` gives.
        cells: those that are kept.
        dtype: of the features.
        bf16: run the tower under autocast to bfloat16.

    Returns:
        `visual_embedding` (T, C, h / n, w / n), `intermediate_embeddings.0` and so on (T, h / n, w / n, D),
        `labels` (E, T, 4h / n, 4w / n) and `object_masks` (O, T, 4h / n, 4w / n) uint8, `candidates` and `anchors`
        (E, O); on the CPU.
    """
    frames = clip["pixel_values"].to(model.device)
    with torch.autocast(frames.device.type, dtype=torch.bfloat16, enabled=bf16):
        embeddings = model.get_frame_embeddings(frames)
    features = {"visual_embedding": cells.of(embeddings.visual_embedding, 2)}
    for number, level in enumerate(embeddings.intermediate_embeddings):
        features[f"intermediate_embeddings.{number}"] = cells.of(level, 1)
    height, width = embeddings.visual_embedding.shape[-2:]
    size = (LOGITS_PER_CELL * height, LOGITS_PER_CELL * width)
    return {
        **{name: feature.to("cpu", dtype).contiguous() for name, feature in features.items()},
        **{name: cells.of_masks(_at_size(clip[name], size)).contiguous() for name in ("labels", "object_masks")},
        **{name: clip[name] for name in ("candidates", "anchors")},
    }


def _at_size(masks: Tensor, size: tuple[int, int]) -> Tensor:
    """(N, T, S, S) uint8 -> (N, T, h, w), the nearest pixels."""
    if not len(masks):  # which interpolate does not take
        return masks.new_zeros((*masks.shape[:2], *size))
    return interpolate(masks, size=list(size), mode="nearest")
