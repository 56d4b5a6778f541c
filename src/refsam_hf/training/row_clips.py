"""Training clips from the rows of any benchmark: of each only the frames that are wanted are decoded."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from .augmentation import AugmentationConfig, augment_clip
from .clips import DrawnClip, clip_tensors
from .frame_sampling import MAX_DISTANCE, sample_frames
from .losses import IGNORE_INDEX
from .passes import Passes
from .still_motion import moving_clip

FRAME_TRIES, SAMPLE_TRIES = 8, 20
"""How often other frames are drawn until every object meant is seen, and how often another sample."""


class RowClips(Dataset[dict[str, Tensor]]):
    """Clips of a video and up to `max_expressions` of its rows: every row comes once in a pass, and passes go on.

    A clip depends on the arguments and its index alone: not on the worker that draws it, nor on the clips before it.
    Expressions of one video are put together if they are of one annotator. What speaks of objects that none of the
    frames shows is left out of a clip; if nothing is left, the clip is another sample's. A row of one frame is a still
    image, and becomes a clip by random affine motion.

    Args:
        processor: a `RefSamProcessor`.
        rows: of one benchmark (`benchmarks.rows`), with masks.
        seed: of the order, the frames and the augmentation.
        num_frames: T.
        max_distance: of the frames before and after the random one (`sample_frames`).
        max_expressions: E at most.
        forgotten: the share of the expressions that are read in the first frames only.
        augmentation: how the clip is changed; None leaves it as it is, but for still images, which do not move then.

    Attributes:
        samples_per_pass: how many clips take all rows in.

    Raises:
        ValueError: there is no row, or the masks of one are hidden.
    """

    def __init__(
        self,
        processor: Any,
        rows: Any,
        *,
        seed: Sequence[int] = (0,),
        num_frames: int = 3,
        max_distance: int = MAX_DISTANCE,
        max_expressions: int = 3,
        forgotten: float = 0.0,
        augmentation: AugmentationConfig | None = None,
    ) -> None:
        self.processor = processor
        self.rows = rows
        self.seed = list(seed)
        self.num_frames = num_frames
        self.max_distance = max_distance
        self.forgotten = forgotten
        self.augmentation = augmentation
        self._passes = Passes(sample_groups(rows), max_expressions, [*self.seed, 2])
        self.samples_per_pass = self._passes.samples

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """What `clip_tensors` gives, for any index from 0 on."""
        rng = np.random.default_rng([*self.seed, 1, index])
        return clip_tensors(self.draw(index), self.processor, self.forgotten, rng)

    def draw(self, index: int) -> DrawnClip:
        """Clip `index`, changed by the augmentation.

        Raises:
            ValueError: a mask is not of its frame's size, or no sample shows what it speaks of.
            OSError, VideoError: a file cannot be read.
        """
        if index < 0:
            raise IndexError(f"clip {index}: expected an index from 0 on")
        rng = np.random.default_rng([*self.seed, 0, index])
        places = self._passes.rows(index)
        for _ in range(SAMPLE_TRIES):
            drawn = self._draw([self.rows[int(place)] for place in places], rng)
            if drawn is not None:
                return drawn
            places = self._passes.rows(int(rng.integers(self.samples_per_pass)))
        row = self.rows[int(places[0])]
        raise ValueError(
            f"{row['benchmark']}: expected frames that show what is spoken of, got none in {SAMPLE_TRIES} samples, "
            f"the last of them of {row['video_id']!r} ({row['expression']!r})"
        )

    def _draw(self, rows: Sequence[Mapping[str, Any]], rng: np.random.Generator) -> DrawnClip | None:
        """A clip by these rows; None if their objects are not seen in any frames drawn."""
        meant = np.array([bool(row["object_ids"]) for row in rows])
        names = rows[0]["frame_names"]
        for _ in range(FRAME_TRIES):
            places = sample_frames(len(names), self.num_frames, rng, self.max_distance)
            labels = decode_labels(rows, [names[place] for place in places])  # (E, T, H, W)
            kept = ~meant | (labels == 1).any(axis=(1, 2, 3))
            if kept.all() or len(names) <= self.num_frames:
                break
        if not kept.any():
            return None
        frames = decode_named(rows[0], [names[place] for place in places])
        if frames.shape[:3] != labels.shape[1:]:
            raise ValueError(
                f"{rows[0]['benchmark']}, video {rows[0]['video_id']!r}: expected masks of the size of the frames, "
                f"{_size(frames.shape[1:3])}, got {_size(labels.shape[2:])}"
            )
        labels, texts = labels[kept], [row["expression"] for row, keep in zip(rows, kept, strict=True) if keep]
        if self.augmentation is not None:
            if len(names) == 1:
                frames, labels = moving_clip(frames[0], labels[:, 0], self.num_frames, self.augmentation, rng)
            frames, labels, texts = augment_clip(frames, labels, texts, self.augmentation, rng)
        nothing_known = np.zeros((len(texts), 0), dtype=bool)
        name = f"video {rows[0]['video_id']!r} of {rows[0]['benchmark']}"
        return DrawnClip(frames, labels, texts, labels[:0], nothing_known, nothing_known, name)


def sample_groups(rows: Any) -> list[tuple[Any, ...]]:
    """Of every row, what it shares with those that it may come together with: the frames, and who wrote it.

    Raises:
        ValueError: the masks of a row are hidden.
    """
    wanted = ["frames_dir", "frame_names", "annotator", "masks", "video_id", "expression"]
    columns = rows.select_columns(wanted)[:]  # at once: one by one takes 20 times as long
    groups = []
    for frames_dir, names, annotator, masks, video_id, expression in zip(*map(columns.get, wanted), strict=True):
        if not masks:
            raise ValueError(
                f"video {video_id!r} ({expression!r}): expected masks to learn from, got a row that hides them"
            )
        groups.append((frames_dir, tuple(names), annotator))
    return groups


def count_samples(rows: Any, max_expressions: int) -> int:
    """How many clips take all rows in, as `RowClips.samples_per_pass`, and with its errors."""
    return Passes(sample_groups(rows), max_expressions, [0]).samples


def decode_named(row: Mapping[str, Any], names: Sequence[str]) -> np.ndarray:
    """The frames of these names, uint8 (T, H, W, 3), each decoded once."""
    from ..benchmarks import decode_frames

    different = list(dict.fromkeys(names))
    frames: np.ndarray = decode_frames({**row, "frame_names": different})
    return frames[[different.index(name) for name in names]]


def decode_labels(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> np.ndarray:
    """The masks of several rows of one video in the frames of these names, uint8 (E, T, H, W); void is
    `IGNORE_INDEX`."""
    from ..benchmarks import decode_masks

    different = list(dict.fromkeys(names))
    order = [different.index(name) for name in names]
    labels = []
    for row in rows:
        masks, void = decode_masks({**row, "frame_names": different})
        labels.append(np.where(void, IGNORE_INDEX, masks).astype(np.uint8)[order])
    return np.stack(labels)


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[0]}x{shape[1]} (height x width)"
