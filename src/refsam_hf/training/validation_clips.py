"""What a model is validated on while it trains."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..benchmarks.shapes import Expression, ShapesClip, iterate_shapes
from .clips_config import scene_config
from .config import TrainingConfig
from .datasets import ValidationConfig


@dataclass(frozen=True)
class VideoRows:
    """The rows of one video by one annotator, whose pixels are decoded when it is its turn.

    Attributes:
        dataset: that they are scored under.
        rows: at least one, of the schema `benchmarks.rows`.
    """

    dataset: str
    rows: Sequence[Mapping[str, Any]]


ValidationClip = tuple[ShapesClip, Sequence[Expression]] | VideoRows


def validation_clips(config: TrainingConfig) -> Iterator[ValidationClip]:
    """The clips of `config.validation`, one dataset after the other.

    Those of shapes are of the split `val`, and drawn anew each time, which costs less than to keep them.

    Raises:
        ValueError, OSError: a dataset cannot be loaded, has no rows or hides its masks, or no such clips can be drawn.
    """
    names: list[str] = []
    for dataset in config.validation:
        count = names.count(dataset.name) + 1
        names.append(dataset.name)
        if dataset.is_shapes:
            yield from _shapes(config)
        else:
            yield from _videos(dataset, dataset.name if count == 1 else f"{dataset.name}_{count}")


def _shapes(config: TrainingConfig) -> Iterator[ValidationClip]:
    scene = scene_config(config.val_scene, "val_scene")
    (height, width), frames = config.val_frame_size, config.val_frames
    clips = iterate_shapes("val", num_clips=config.val_clips, num_frames=frames, size=(height, width), config=scene)
    return ((clip, expressions) for _, clip, expressions in clips)


def _videos(dataset: ValidationConfig, name: str) -> Iterator[VideoRows]:
    """Video by video, in the order in which they first occur; the rows of one need not stand together."""
    key = ("video_id", "annotator", "frame_names")
    columns = dataset.rows.select_columns(list(key))[:]  # at once: one by one takes 20 times as long
    videos: dict[str, dict[tuple[Any, ...], list[int]]] = {}
    for number, (video_id, annotator, frames) in enumerate(zip(*(columns[column] for column in key), strict=True)):
        videos.setdefault(video_id, {}).setdefault((annotator, *frames), []).append(number)
    for video_id in islice(videos, dataset.videos):
        for numbers in videos[video_id].values():
            video = VideoRows(name, [dataset.rows[number] for number in numbers])
            if not all(row["masks"] for row in video.rows):
                raise ValueError(
                    f"{dataset.root}: expected masks to validate with, got video {video_id!r} of {dataset.name}, "
                    f"split {dataset.split!r}, of which they are hidden"
                )
            yield video
