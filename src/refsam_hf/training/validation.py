"""How good a model is while it trains: J and F on clips that it has not seen, J on the batch that it just saw."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from accelerate.utils import gather_object  # type: ignore[import-untyped]
from torch import Tensor

from ..evaluation.by_kind import ExpressionScores, summarise
from ..evaluation.protocols import per_expression
from ..evaluation.protocols.protocol import Item, Predicted
from ..evaluation.results import segment_clip
from ..segmentation import segment_video
from .losses import IGNORE_INDEX
from .validation_clips import ValidationClip, VideoRows

Table = dict[str, dict[str, float]]


def validate(model: Any, processor: Any, clips: Iterable[ValidationClip], accelerator: Any = None) -> Table:
    """J and F at the frames' own size: of drawn clips kind by kind, of rows dataset by dataset.

    Args:
        model: a `RefSamModel`; put into evaluation mode, and back.
        processor: its `RefSamProcessor`.
        clips: drawn ones, each with the expressions of it that count, as `benchmarks.shapes.iterate_shapes` gives
            them, and rows of videos.
        accelerator: shares the clips among its processes, all of which get the same table; None for a process alone.

    Returns:
        For drawn clips the table of `evaluation.by_kind.summarise`. Every other dataset has a line of its own, the
        means over its expressions. If there are such, "all" is the mean over the datasets, and drawn clips have their
        own under "shapes".

    Raises:
        ValueError: if there is no clip.
    """
    rank, world_size = (0, 1) if accelerator is None else (accelerator.process_index, accelerator.num_processes)
    training = model.training
    model.eval()
    scored = [
        (number, _score(model, processor, clip)) for number, clip in enumerate(clips) if number % world_size == rank
    ]
    model.train(training)
    if accelerator is not None:
        scored = sorted(gather_object(scored), key=lambda numbered: numbered[0])
    drawn: list[ExpressionScores] = []
    items: dict[str, list[Item]] = {}
    for _, (dataset, scores) in scored:
        if dataset is None:
            drawn += scores
        else:
            items.setdefault(dataset, []).extend(scores)
    if not drawn and not items:
        raise ValueError("there is no clip to validate on")
    table = summarise(drawn)
    if not items:
        return table
    lines = {"shapes": table.pop("all")} if drawn else {}
    lines |= {name: per_expression.summarise(scored)["all"] for name, scored in items.items()}
    means = {name: sum(line[name] for line in lines.values()) / len(lines) for name in ("j", "f", "j_and_f")}
    return {**table, **lines, "all": {"expressions": sum(line["expressions"] for line in lines.values()), **means}}


def _score(model: Any, processor: Any, clip: ValidationClip) -> tuple[str | None, list[Any]]:
    """The scores of one clip's expressions, and the dataset that they count for; None for drawn clips."""
    if isinstance(clip, VideoRows):
        return clip.dataset, _score_rows(model, processor, clip)
    return None, [result.scores for result in segment_clip(model, processor, *clip)]


@torch.no_grad()
def _score_rows(model: Any, processor: Any, video: VideoRows) -> list[Item]:
    """Segments a video by all its rows, frame after frame, as it is segmented for a user."""
    from ..benchmarks import decode_frames, decode_masks
    from ..video.rle import encode_rle

    texts = [row["expression"] for row in video.rows]
    steps = segment_video(model, processor, decode_frames(video.rows[0]), texts)
    found = [[encode_rle(mask) for mask in step.masks] for step in steps]  # T times E
    predicted = {
        row["expression_id"]: Predicted(masks=[*masks])
        for row, masks in zip(video.rows, zip(*found, strict=True), strict=True)
    }
    return per_expression.score_video(video.rows, predicted, decode_masks)


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
