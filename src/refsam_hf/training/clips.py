"""Training clips from the procedural benchmark, and how they become the model's batch.

Letters: B clips, T frames, E expressions, N tokens, S the model's image size.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..benchmarks.shapes import Expression, SceneConfig, ShapesClip, generate_clip
from .augmentation import AugmentationConfig, augment_clip
from .losses import IGNORE_INDEX

MAX_STRIDE = 3
"""Two frames of a training clip are 1 to 3 frames of the video apart, as in the paper's training."""

MOST_TRIES = 50


class ShapesClips(Dataset[dict[str, Tensor]]):
    """Clips of the shapes benchmark, drawn when they are asked for.

    A clip depends on the seed and its index alone: not on the worker that draws it, nor on the clips before it. No
    clip comes twice in a training, so there are no epochs.

    Args:
        processor: a `RefSamProcessor`.
        num_clips: how many there are.
        first_index: the index, within the split, of clip 0: where an earlier stage of the training ended.
        split: of the benchmark.
        seed: of the scenes and of the augmentation.
        num_frames: T.
        max_expressions: E at most; a clip has one expression per object, and at least two where it has them.
        frame_sizes: (height, width) of the frames before the processor resizes them; each clip has one of these.
        scenes: what is drawn; each clip has one of these.
        augmentation: how the clip is changed; None leaves it as it was drawn.
    """

    def __init__(
        self,
        processor: Any,
        num_clips: int,
        *,
        first_index: int = 0,
        split: str = "train",
        seed: int = 0,
        num_frames: int = 3,
        max_expressions: int = 3,
        frame_sizes: Sequence[tuple[int, int]] = ((128, 128),),
        scenes: Sequence[SceneConfig] = (SceneConfig(),),
        augmentation: AugmentationConfig | None = None,
    ) -> None:
        self.processor = processor
        self.num_clips = num_clips
        self.first_index = first_index
        self.split = split
        self.seed = seed
        self.num_frames = num_frames
        self.max_expressions = max_expressions
        self.frame_sizes = list(frame_sizes)
        self.scenes = list(scenes)
        self.augmentation = augmentation

    def __len__(self) -> int:
        return self.num_clips

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """`pixel_values` (T, 3, S, S), `input_ids` and `attention_mask` (E, N), `labels` (E, T, S, S) uint8."""
        if not 0 <= index < self.num_clips:
            raise IndexError(f"clip {index} of {self.num_clips}")
        frames, masks, texts = self.draw(self.first_index + index)
        video_processor = self.processor.video_processor
        input_ids, attention_mask = self.processor.tokenize(texts)
        return {
            "pixel_values": video_processor(frames)["pixel_values"][0],
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "labels": video_processor.preprocess_masks(masks),
        }

    def draw(self, index: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Frames (T, H, W, 3) uint8, a mask of every expression (E, T, H, W) bool, and the expressions."""
        rng = np.random.default_rng([self.seed, index])
        height, width = self.frame_sizes[rng.integers(len(self.frame_sizes))]
        scene = self.scenes[rng.integers(len(self.scenes))]
        strides = rng.integers(1, MAX_STRIDE + 1, size=self.num_frames - 1)
        picked = np.concatenate([[0], np.cumsum(strides)])
        clip = self._generate(index, int(picked[-1]) + 1, (height, width), scene)
        expressions = pick_expressions(clip.expressions, self.max_expressions, rng)
        masks = np.stack([masks_of(clip, expression.object_ids)[picked] for expression in expressions])
        frames, texts = clip.frames[picked], [expression.text for expression in expressions]
        if self.augmentation is None:
            return frames, masks, texts
        return augment_clip(frames, masks, texts, self.augmentation, rng)

    def _generate(self, index: int, num_frames: int, size: tuple[int, int], scene: SceneConfig) -> ShapesClip:
        """The clip of that index; if nothing can be said about it, that of the next seed."""
        for seed in range(self.seed, self.seed + MOST_TRIES):
            clip = generate_clip(self.split, index, seed=seed, num_frames=num_frames, size=size, config=scene)
            if clip.expressions:
                return clip
        raise ValueError(f"expected scenes of which something can be said, got none in {MOST_TRIES} of {scene}")


def masks_of(clip: ShapesClip, object_ids: Sequence[int]) -> np.ndarray:
    """(T, H, W) bool: where any of the objects of a drawn clip is seen. Without objects, nowhere."""
    masks: np.ndarray = clip.masks[[object_id - 1 for object_id in object_ids]]
    return np.asarray(masks.any(axis=0))


def pick_expressions(expressions: Sequence[Expression], count: int, rng: np.random.Generator) -> list[Expression]:
    """At most `count` expressions: one of each of several objects, and a second of the same one if it is alone."""
    by_target: dict[tuple[int, ...], list[Expression]] = {}
    for position in rng.permutation(len(expressions)):
        expression = expressions[position]
        by_target.setdefault(tuple(expression.object_ids), []).append(expression)
    picked = [of_one[0] for of_one in by_target.values()][:count]
    if len(picked) == 1:
        picked = next(iter(by_target.values()))[: min(count, 2)]
    return picked


class ClipCollator:
    """Puts clips of different numbers of expressions and words into one batch.

    A padded word has an attention mask of 0. A padded expression has it everywhere, and ignored labels.
    """

    def __init__(self, pad_token_id: int) -> None:
        self.pad_token_id = pad_token_id

    def __call__(self, clips: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
        """`pixel_values` (B, T, 3, S, S), `input_ids`, `attention_mask` (B, E, N), `labels` (B, E, T, S, S)."""
        expressions = max(clip["input_ids"].shape[0] for clip in clips)
        words = max(clip["input_ids"].shape[1] for clip in clips)

        def padded(name: str, shape: Callable[[Tensor], tuple[int, ...]], value: int) -> Tensor:
            batch = clips[0][name].new_full((len(clips), *shape(clips[0][name])), value)
            for row, clip in zip(batch, clips, strict=True):
                row[tuple(slice(size) for size in clip[name].shape)] = clip[name]
            return batch

        return {
            "pixel_values": torch.stack([clip["pixel_values"] for clip in clips]),
            "input_ids": padded("input_ids", lambda _: (expressions, words), self.pad_token_id),
            "attention_mask": padded("attention_mask", lambda _: (expressions, words), 0),
            "labels": padded("labels", lambda labels: (expressions, *labels.shape[1:]), IGNORE_INDEX),
        }
