"""The configuration of what is kept: of which model, of which clips, and where."""

from dataclasses import dataclass, field

from ..augmentation import AugmentationConfig
from ..clips_config import ClipsConfig


@dataclass
class KeptSetConfig(ClipsConfig):
    """Clips that are kept in a folder of their own."""

    num_clips: int = field(metadata={"help": "how many are kept", "min": 1}, kw_only=True)


@dataclass
class KeepingConfig:
    """What is kept: the features of clips by one tower."""

    output_dir: str = field(metadata={"help": "folder of the sets, each a folder under its name"})
    model: str = field(metadata={"help": "folder or Hub name of the RefSAM whose tower makes the features"})
    sets: dict[str, KeptSetConfig] = field(metadata={"help": "the clips, by the name of their folder"})
    processor: str | None = field(
        default=None, metadata={"help": "folder or Hub name of the processor; by default the model's own"}
    )
    attn_implementation: str = field(default="sdpa", metadata={"help": "of the model", "choices": ("sdpa", "eager")})
    every: int = field(default=1, metadata={"help": "rows and columns of the grid: keep every so many-th", "min": 1})
    seed: int = field(default=0, metadata={"help": "of the clips, their augmentation and the cells", "min": 0})
    augmentation: AugmentationConfig = field(
        default_factory=AugmentationConfig, metadata={"help": "how clips are changed"}
    )
    mixed_precision: str = field(default="no", metadata={"help": "of the tower", "choices": ("no", "bf16")})
    clips_per_file: int = field(default=100, metadata={"help": "so many are in memory at once", "min": 1})
    num_workers: int = field(default=1, metadata={"help": "processes that draw clips", "min": 0})
    num_threads: int | None = field(default=None, metadata={"help": "threads of PyTorch on the CPU", "min": 1})

    def __post_init__(self) -> None:
        if not self.sets:
            raise ValueError("sets: expected at least one set of clips, got none")
        for name, clips in self.sets.items():
            if not name.replace("_", "").replace("-", "").isalnum():
                raise ValueError(f"sets: expected a name of letters, digits, - and _ for a folder, got {name!r}")
            clips.check(f"sets.{name}")
