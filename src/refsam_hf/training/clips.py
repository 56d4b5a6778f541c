"""A training clip, wherever it comes from, and how several become the model's batch.

Letters: B clips, T frames, E expressions, O objects, N tokens, S the model's image size.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .losses import IGNORE_INDEX


@dataclass(frozen=True, eq=False)
class DrawnClip:
    """A training clip before the processor.

    Attributes:
        frames: uint8 (T, H, W, 3).
        masks: (E, T, H, W), one of each expression: bool, or uint8 with `IGNORE_INDEX` where a pixel does not count.
        texts: the expressions.
        object_masks: (O, T, H, W), as `masks`; O is 0 where nothing is known of the objects beside those meant.
        candidates, anchors: bool (E, O), the objects that each expression may mean by its appearance words, and those
            that it names beside them.
        name: of the video, for messages.
    """

    frames: np.ndarray
    masks: np.ndarray
    texts: list[str]
    object_masks: np.ndarray
    candidates: np.ndarray
    anchors: np.ndarray
    name: str


def clip_tensors(drawn: DrawnClip, processor: Any, forgotten: float, rng: np.random.Generator) -> dict[str, Tensor]:
    """A clip as the model and the lessons take it, without the axis of the batch.

    Args:
        processor: a `RefSamProcessor`.
        forgotten: the share of the expressions that are read in the first frames only; in the others the track token
            alone says what is meant.
        rng: decides which ones.

    Returns:
        `pixel_values` (T, 3, S, S), `input_ids` and `attention_mask` (E, N), `labels` (E, T, S, S) uint8,
        `object_masks` (O, T, S, S) uint8, `candidates` and `anchors` (E, O), `words_seen` (E, T).
    """
    video_processor = processor.video_processor
    input_ids, attention_mask = processor.tokenize(drawn.texts)
    labels = video_processor.preprocess_masks(drawn.masks)
    objects = drawn.object_masks
    return {
        "pixel_values": video_processor(drawn.frames)["pixel_values"][0],
        "input_ids": input_ids,
        "attention_mask": attention_mask,
        "labels": labels,
        "object_masks": video_processor.preprocess_masks(objects) if len(objects) else labels[:0],
        "candidates": torch.from_numpy(drawn.candidates),
        "anchors": torch.from_numpy(drawn.anchors),
        "words_seen": torch.from_numpy(words_seen(len(drawn.texts), len(drawn.frames), forgotten, rng)),
    }


def words_seen(num_expressions: int, num_frames: int, forgotten: float, rng: np.random.Generator) -> np.ndarray:
    """(E, T) bool: every expression is read in the first frame, and up to any frame if it is forgotten.

    Args:
        forgotten: the share of the expressions that are.
    """
    last = rng.integers(num_frames, size=num_expressions)
    last[rng.random(num_expressions) >= forgotten] = num_frames
    seen: np.ndarray = np.arange(num_frames) <= last[:, None]
    return seen


class ClipCollator:
    """Puts clips of different numbers of expressions and words into one batch.

    A padded word has an attention mask of 0. A padded expression has it everywhere, and ignored labels.
    """

    def __init__(self, pad_token_id: int) -> None:
        self.pad_token_id = pad_token_id

    def __call__(self, clips: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The tensors of `clip_tensors` with the axis B before the others; frame embeddings with B * T for T."""
        expressions = max(clip["input_ids"].shape[0] for clip in clips)
        words = max(clip["input_ids"].shape[1] for clip in clips)
        objects = max(clip["object_masks"].shape[0] for clip in clips)

        def padded(name: str, shape: Callable[[Tensor], tuple[int, ...]], value: int) -> Tensor:
            batch = clips[0][name].new_full((len(clips), *shape(clips[0][name])), value)
            for row, clip in zip(batch, clips, strict=True):
                row[tuple(slice(size) for size in clip[name].shape)] = clip[name]
            return batch

        return {
            **_frames(clips),
            "input_ids": padded("input_ids", lambda _: (expressions, words), self.pad_token_id),
            "attention_mask": padded("attention_mask", lambda _: (expressions, words), 0),
            "labels": padded("labels", lambda labels: (expressions, *labels.shape[1:]), IGNORE_INDEX),
            "object_masks": padded("object_masks", lambda masks: (objects, *masks.shape[1:]), 0),
            "candidates": padded("candidates", lambda _: (expressions, objects), 0),
            "anchors": padded("anchors", lambda _: (expressions, objects), 0),
            "words_seen": padded("words_seen", lambda seen: (expressions, *seen.shape[1:]), 1),
        }


def _frames(clips: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The frames of all clips: their pixels, or what the tower has made of them (`features.kept_clips`)."""
    if "pixel_values" in clips[0]:
        return {"pixel_values": torch.stack([clip["pixel_values"] for clip in clips])}
    kept = [clip["frame_embeddings"] for clip in clips]
    levels = zip(*(embeddings["intermediate_embeddings"] for embeddings in kept), strict=True)
    tensors = {name for name in kept[0] if name != "intermediate_embeddings"}
    return {
        "frame_embeddings": {
            **{name: torch.cat([embeddings[name] for embeddings in kept]) for name in sorted(tensors)},
            "intermediate_embeddings": tuple(torch.cat(level) for level in levels),
        }
    }
