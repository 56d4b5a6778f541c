"""The configuration of one stage of a training: a stretch with its clips and its length."""

from dataclasses import dataclass, field, fields

from .clips_config import ClipsConfig


@dataclass
class StageConfig(ClipsConfig):
    """A stretch of the training: which clips, how many at once, for how many steps."""

    steps: int = field(default=0, metadata={"help": "optimizer steps; or give epochs", "min": 0})
    epochs: float | None = field(
        default=None,
        metadata={"help": "passes over the rows of datasets, or over features", "min": 1e-6},
    )
    features: dict[str, float] = field(
        default_factory=dict,
        metadata={
            "help": "in place of datasets: folders of examples/keep_features.py, with how often each is drawn from; "
            "strides then count kept frames, and how clips are drawn was said there",
            "min": 1e-6,
        },
    )
    first_frame: bool = field(
        default=True, metadata={"help": "of features: begin every clip with the first kept frame, not with any"}
    )
    batch_size: int = field(default=8, metadata={"help": "clips per step and process", "min": 1})
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

    def check(self, key: str) -> None:
        """That the options of the stage, which stands at `key` of the file, belong together.

        Raises:
            ValueError: if they do not.
        """
        if bool(self.steps) == (self.epochs is not None):
            raise ValueError(f"{key}: expected one of steps and epochs, got both or neither")
        if self.features:
            if self.datasets != StageConfig().datasets:
                raise ValueError(f"{key}: expected one of datasets and features, got both")
            return  # of what they were drawn does not matter here
        super().check(key)
        rows = self.row_datasets
        if self.epochs is not None and not rows:
            raise ValueError(f"{key}.epochs: shapes is never at its end, expected steps in their place")
        if rows:
            self.check_no_lessons(key, f"the dataset {rows[0].name}")

    def check_no_lessons(self, key: str, what: str) -> None:
        """That the stage, which stands at `key` of the file, asks for no objects of clips that know none.

        Raises:
            ValueError: if it does; `what` are the clips.
        """
        weights = [option.name for option in fields(self) if option.name.endswith("_weight")]
        lessons = [name for name in weights if getattr(self, name) > 0]
        if lessons:
            raise ValueError(
                f"{key}.{lessons[0]}: lessons ask for all objects of a clip, which only shapes has: expected 0 with "
                f"{what}, got {getattr(self, lessons[0])}"
            )
