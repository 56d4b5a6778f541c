"""Which clips are learnt from, as a configuration says it: of which benchmarks, and how those of shapes are drawn."""

from dataclasses import dataclass, field, fields
from itertools import product
from typing import Any

from ..benchmarks.shapes import MIX, SceneConfig
from ..benchmarks.shapes.address import ClipAddress
from .config_reading import check_keys
from .datasets import DatasetConfig


def _square() -> list[list[int]]:
    return [[128, 128]]


@dataclass
class ClipsConfig:
    """What clips are made of."""

    datasets: list[DatasetConfig] = field(
        default_factory=lambda: [DatasetConfig("shapes")], metadata={"help": "what is learnt from, mixed by weight"}
    )
    num_frames: int = field(default=3, metadata={"help": "frames per clip", "min": 1})
    kinds: dict[str, float] = field(
        default_factory=lambda: {kind: float(share) for kind, share in MIX.items()},
        metadata={"help": "of shapes: kinds of clips, with how often each is drawn", "keys": tuple(MIX), "min": 0.0},
    )
    about: list[str] = field(
        default_factory=list, metadata={"help": "of shapes: only expressions with one of these words"}
    )
    max_stride: int = field(
        default=3, metadata={"help": "video frames from one of a clip to those before and after, at most", "min": 1}
    )
    min_stride: int = field(
        default=1, metadata={"help": "of shapes: video frames from one of a clip to the next, at least", "min": 1}
    )
    max_expressions: int = field(default=3, metadata={"help": "expressions per clip", "min": 1})
    frame_sizes: list[list[int]] = field(
        default_factory=_square, metadata={"help": "of shapes: [height, width] of the frames; each clip has one"}
    )
    scenes: list[dict[str, Any]] = field(
        default_factory=lambda: [{}],
        metadata={"help": "of shapes: what is drawn, options of SceneConfig; each clip has one of these"},
    )

    @property
    def row_datasets(self) -> list[DatasetConfig]:
        """The datasets that have rows: all but shapes."""
        return [dataset for dataset in self.datasets if not dataset.is_shapes]

    def check(self, key: str) -> None:
        """That the options, which stand at `key` of the file, belong together.

        Raises:
            ValueError: if they do not.
        """
        if not self.datasets:
            raise ValueError(f"{key}.datasets: expected at least one dataset, got an empty list")
        for position, dataset in enumerate(self.datasets):
            dataset.check(f"{key}.datasets.{position}")
        check_sizes(f"{key}.frame_sizes", self.frame_sizes)
        if len(self.row_datasets) == len(self.datasets):
            return  # the options of shapes do not matter
        if not any(self.kinds.values()):
            raise ValueError(f"{key}.kinds: expected a kind with a share above 0, got {self.kinds}")
        if self.min_stride > self.max_stride:
            raise ValueError(
                f"{key}.min_stride: expected at most the max_stride, {self.max_stride}, got {self.min_stride}"
            )
        self.check_clips(key)

    def scene_configs(self, key: str) -> "list[SceneConfig]":
        """The `SceneConfig`s of the clips, whose options stand at `key` of the file."""
        if not self.scenes:
            raise ValueError(f"{key}.scenes: expected at least one scene, got an empty list")
        return [scene_config(options, f"{key}.scenes.{index}") for index, options in enumerate(self.scenes)]

    def check_clips(self, key: str) -> None:
        """That every scene can be drawn for every kind and size: else it would be noticed hours later.

        Raises:
            ValueError: if one cannot.
        """
        kinds = [kind for kind, share in self.kinds.items() if share > 0]
        for index, scene in enumerate(self.scene_configs(key)):
            for kind, (height, width) in product(kinds, self.frame_sizes):
                try:
                    ClipAddress("train", 0, kind, size=(height, width), config=scene)
                except ValueError as error:
                    raise ValueError(f"{key}.scenes.{index}: {error}") from error


def check_sizes(key: str, sizes: list[list[int]]) -> None:
    """That each is a height and a width.

    Raises:
        ValueError: if one is not; `key` is where they stand.
    """
    if not sizes or any(len(size) != 2 or min(size) < 1 for size in sizes):
        raise ValueError(f"{key}: expected a list of [height, width] in pixels, got {sizes}")


def scene_config(options: dict[str, Any], key: str) -> SceneConfig:
    """A `SceneConfig` from the options of a configuration file.

    Raises:
        ValueError: if an option is unknown or out of its range; `key` is where the options stand.
    """
    check_keys(options, [option.name for option in fields(SceneConfig)], key)
    try:
        return SceneConfig(**options)
    except ValueError as error:
        raise ValueError(f"{key}.{error}") from error
