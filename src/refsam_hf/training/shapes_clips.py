"""Training clips from the procedural benchmark "shapes", drawn when they are asked for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from ..benchmarks.shapes import MIX, Expression, SceneConfig, ShapesClip, generate_clip
from ..benchmarks.shapes.shifts import shift_frames
from .augmentation import AugmentationConfig, augment_clip
from .clips import DrawnClip, clip_tensors

OTHER_KINDS = 1
"""So many of a clip's expressions, where it has more, are not of the kind that its scene was laid out for."""

FEW_TRIES, MOST_TRIES = 3, 50


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
        kinds: of the clips, with how often each is drawn.
        about: words of which every expression has one, for what is learned better before the rest; empty for all.
        min_stride, max_stride: two frames of a training clip are so many frames of the video apart (1 to 3 in the
            paper's training), the same number all through a clip, so that what is fast stays fast.
        max_expressions: E at most; of different objects first.
        forgotten: the share of the expressions that are read in the first frames only; in the others the track token
            alone says what is meant.
        frame_sizes: (height, width) of the frames before the processor resizes them; each clip has one of these.
        scenes: what is drawn; each clip has one of these.
        augmentation: how the clip is changed; None leaves it as it was drawn.
        shifts: of the world, which the frames undergo last, see `benchmarks.shapes.shifts`.
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
        kinds: Mapping[str, float] = MIX,
        about: Collection[str] = (),
        min_stride: int = 1,
        max_stride: int = 3,
        max_expressions: int = 3,
        forgotten: float = 0.0,
        frame_sizes: Sequence[tuple[int, int]] = ((128, 128),),
        scenes: Sequence[SceneConfig] = (SceneConfig(),),
        augmentation: AugmentationConfig | None = None,
        shifts: Sequence[str] = (),
    ) -> None:
        self.processor = processor
        self.num_clips = num_clips
        self.first_index = first_index
        self.split = split
        self.seed = seed
        self.num_frames = num_frames
        self.kinds = dict(kinds)
        self.about = frozenset(about)
        self.min_stride, self.max_stride = min_stride, max_stride
        self.max_expressions = max_expressions
        self.forgotten = forgotten
        self.frame_sizes = list(frame_sizes)
        self.scenes = list(scenes)
        self.augmentation = augmentation
        self.shifts = tuple(shifts)

    def __len__(self) -> int:
        return self.num_clips

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """What `clip_tensors` gives."""
        if not 0 <= index < self.num_clips:
            raise IndexError(f"clip {index} of {self.num_clips}")
        index += self.first_index
        rng = np.random.default_rng([self.seed, index, 1])
        return clip_tensors(self.draw(index), self.processor, self.forgotten, rng)

    def draw(self, index: int) -> DrawnClip:
        """Clip `index` of the split, changed by the augmentation."""
        rng = np.random.default_rng([self.seed, index])
        size = self.frame_sizes[rng.integers(len(self.frame_sizes))]
        scene = self.scenes[rng.integers(len(self.scenes))]
        shares = np.array(list(self.kinds.values()), dtype=float)
        kind = list(self.kinds)[rng.choice(len(shares), p=shares / shares.sum())]
        strides = int(rng.integers(self.min_stride, self.max_stride + 1)), self.max_stride
        # the second where the first has too few frames to show motion, or anything that hides and comes back
        for stride, tries in zip(strides, (FEW_TRIES, MOST_TRIES), strict=True):
            picked = np.arange(self.num_frames) * stride
            clip = self._generate(index, kind, int(picked[-1]) + 1, size, scene, tries)
            if clip is not None and any(expression.kind == kind for expression in clip.expressions):
                break
        if clip is None:
            about = f" with one of {', '.join(sorted(self.about))}" if self.about else ""
            raise ValueError(
                f"expected {kind} clips of which something can be said{about}, got none in {MOST_TRIES} of {scene}"
            )
        expressions = pick_expressions(clip, self.max_expressions, rng)
        masks = np.stack([taught_masks(clip, expression)[picked] for expression in expressions])
        frames, texts = clip.frames[picked], [expression.text for expression in expressions]
        masks = np.concatenate([masks, clip.masks[:, picked]])  # (E + O, T, H, W)
        if self.augmentation is not None:
            frames, masks, texts = augment_clip(frames, masks, texts, self.augmentation, rng)
        if self.shifts:
            frames = shift_frames(frames, self.shifts, index)
        count, numbers = len(expressions), np.arange(1, len(clip.masks) + 1)
        candidates = np.stack([np.isin(numbers, expression.candidates) for expression in expressions])
        anchors = np.stack([np.isin(numbers, expression.anchors) for expression in expressions])
        name = f"a video of shapes ({clip.scene.kind})"
        return DrawnClip(frames, masks[:count], texts, masks[count:], candidates, anchors, name)

    def _is_about(self, text: str) -> bool:
        return not self.about or not self.about.isdisjoint(text.split())

    def _generate(
        self, index: int, kind: str, num_frames: int, size: tuple[int, int], scene: SceneConfig, tries: int
    ) -> ShapesClip | None:
        """The clip of that index; if nothing can be said about it, that of one of the next seeds."""
        for seed in range(self.seed, self.seed + tries):
            clip = generate_clip(
                self.split, index, kind=kind, seed=seed, num_frames=num_frames, size=size, config=scene
            )
            said = [expression for expression in clip.expressions if self._is_about(expression.text)]
            if said:
                return replace(clip, expressions=said)
        return None


def taught_masks(clip: ShapesClip, expression: Expression) -> np.ndarray:
    """(T, H, W) bool: the object that is meant; before that can be decided, all that may be meant.

    Whoever is to see which of two squares moves up must look at both from the first frame on.
    """
    masks = clip.masks_of(expression.object_ids)
    undecided = expression.decidable_from
    masks[:undecided] = clip.masks_of(expression.candidates)[:undecided]
    return masks


def pick_expressions(clip: ShapesClip, count: int, rng: np.random.Generator) -> list[Expression]:
    """At most `count` expressions of a clip: most of the kind that it was laid out for, of different objects first."""
    shuffled = [clip.expressions[position] for position in rng.permutation(len(clip.expressions))]
    own = [expression for expression in shuffled if expression.kind == clip.scene.kind]
    others = [expression for expression in shuffled if expression.kind != clip.scene.kind]
    own, others = _different_first(own), _different_first(others)
    kept = max(count - OTHER_KINDS, count - len(others), 1)
    return (own[:kept] + others + own[kept:])[:count]


def _different_first(expressions: Sequence[Expression]) -> list[Expression]:
    """The first expression of each object, then the rest. Those that are true of nothing count as of one object."""
    first = {expression.object_ids: expression for expression in reversed(expressions)}
    firsts = [expression for expression in expressions if first[expression.object_ids] is expression]
    return firsts + [expression for expression in expressions if first[expression.object_ids] is not expression]
