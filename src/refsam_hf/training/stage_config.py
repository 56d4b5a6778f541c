"""The configuration of one stage of a training: a stretch with its clips and its length."""

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
class StageConfig:
    """A stretch of the training: which clips, how many at once, for how many steps."""

    steps: int = field(default=0, metadata={"help": "optimizer steps; or give epochs", "min": 0})
    epochs: float | None = field(
        default=None, metadata={"help": "passes over the rows of all datasets but shapes", "min": 1e-6}
    )
    datasets: list[DatasetConfig] = field(
        default_factory=lambda: [DatasetConfig("shapes")], metadata={"help": "what is learnt from, mixed by weight"}
    )
    batch_size: int = field(default=8, metadata={"help": "clips per step and process", "min": 1})
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
    forgotten: float = field(
        default=0.0,
        metadata={
            "help": "share of expressions read in the first frames only, to be remembered",
            "min": 0.0,
            "max": 1.0,
        },
    )
    choice_weight: float = field(
        default=0.0, metadata={"help": "of the question which candidate is meant (training/lessons)", "min": 0.0}
    )
    flow_weight: float = field(
        default=0.0, metadata={"help": "of the question which way things move (training/lessons)", "min": 0.0}
    )
    memory_weight: float = field(
        default=0.0, metadata={"help": "of the question where what is taught was (training/lessons)", "min": 0.0}
    )
    mentions_weight: float = field(
        default=0.0, metadata={"help": "of the question what the words speak of (training/lessons)", "min": 0.0}
    )
    origins_weight: float = field(
        default=0.0,
        metadata={"help": "of the question where what may be meant was at first (training/lessons)", "min": 0.0},
    )
    places_weight: float = field(
        default=0.0,
        metadata={"help": "of the question where cells are from the anchor (training/lessons)", "min": 0.0},
    )
    val_every: int | None = field(
        default=None,
        metadata={"help": "steps of this stage between validations; 0: an epoch [those of the training]", "min": 0},
    )
    learning_rate_scale: float = field(
        default=1.0, metadata={"help": "the learning rates of this stage are multiplied with it", "min": 0.0}
    )

    @property
    def row_datasets(self) -> list[DatasetConfig]:
        """The datasets that have rows: all but shapes."""
        return [dataset for dataset in self.datasets if not dataset.is_shapes]

    def check(self, key: str) -> None:
        """That the options of the stage, which stands at `key` of the file, belong together.

        Raises:
            ValueError: if they do not.
        """
        if bool(self.steps) == (self.epochs is not None):
            raise ValueError(f"{key}: expected one of steps and epochs, got both or neither")
        if not self.datasets:
            raise ValueError(f"{key}.datasets: expected at least one dataset, got an empty list")
        for position, dataset in enumerate(self.datasets):
            dataset.check(f"{key}.datasets.{position}")
        rows = self.row_datasets
        if self.epochs is not None and not rows:
            raise ValueError(f"{key}.epochs: shapes is never at its end, expected steps in their place")
        weights = [option.name for option in fields(self) if option.name.endswith("_weight")]
        lessons = [name for name in weights if getattr(self, name) > 0]
        if rows and lessons:
            raise ValueError(
                f"{key}.{lessons[0]}: lessons ask for all objects of a clip, which only shapes has: expected 0 with "
                f"the dataset {rows[0].name}, got {getattr(self, lessons[0])}"
            )
        if len(rows) == len(self.datasets):
            return  # the options of shapes do not matter
        if not any(self.kinds.values()):
            raise ValueError(f"{key}.kinds: expected a kind with a share above 0, got {self.kinds}")
        if self.min_stride > self.max_stride:
            raise ValueError(
                f"{key}.min_stride: expected at most the max_stride, {self.max_stride}, got {self.min_stride}"
            )
        self.check_clips(key)

    def scene_configs(self, key: str) -> "list[SceneConfig]":
        """The `SceneConfig`s of the stage, which stands at `key` of the file."""
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
