"""The configuration of a training: one YAML file, and overrides from the command line."""

from dataclasses import dataclass, field
from typing import Any

from .adaptation import AdaptationConfig
from .augmentation import AugmentationConfig
from .clips_config import check_sizes, scene_config
from .datasets import DatasetConfig, ValidationConfig
from .optimizer import PARTS
from .stage_config import StageConfig


def _learning_rates() -> dict[str, float]:
    """The paper's learning rates of what it trains; the backbones, frozen there, get those of the adapters."""
    return {part: 1e-6 if part == "mask_decoder" else 1e-4 for part in PARTS}


@dataclass
class BackbonesConfig:
    """The checkpoints that a new RefSAM is built on."""

    vision: str = field(metadata={"help": "folder or Hub name of a SAM"})
    text: str = field(metadata={"help": "folder or Hub name of a text encoder with its tokenizer"})


TRACKERS = ("tensorboard", "wandb", "trackio", "comet_ml", "mlflow", "clearml", "dvclive", "aim", "swanlab")


@dataclass
class TrainingConfig:
    """A training: what is trained, on what, how, and where it is written.

    An option marked with `may_change` has no influence on what is learned: a training may go on with another value.
    """

    stages: list[StageConfig] = field(metadata={"help": "the curriculum, stage after stage"})
    output_dir: str = field(metadata={"help": "folder of the logs and checkpoints", "may_change": True})
    resume: bool = field(
        default=False,
        metadata={
            "help": "go on from the newest whole checkpoint of output_dir; from the start if there is none",
            "may_change": True,
        },
    )
    allow_changes: bool = field(
        default=False,
        metadata={
            "help": "go on although the configuration or the number of processes is another",
            "may_change": True,
        },
    )

    repeat: int = field(default=1, metadata={"help": "how often all stages are gone through, in turns", "min": 1})
    model: str | None = field(
        default=None, metadata={"help": "folder or Hub name of a RefSAM to go on from; or give model_config"}
    )
    model_config: dict[str, Any] | None = field(
        default=None, metadata={"help": "options of RefSamConfig for a new RefSAM, with random weights"}
    )
    backbones: BackbonesConfig | None = field(
        default=None, metadata={"help": "what a new RefSAM is built on, in place of random weights"}
    )
    processor: str | None = field(
        default=None,
        metadata={"help": "folder or Hub name of the processor; by default the model's own, or a new one"},
    )
    attn_implementation: str = field(
        default="sdpa",
        metadata={"help": "of the model; eager trains small models faster on the CPU", "choices": ("sdpa", "eager")},
    )
    train: list[str] = field(
        default_factory=lambda: list(PARTS),
        metadata={"help": "the parts that learn; all others are frozen", "choices": PARTS},
    )
    adaptation: AdaptationConfig = field(
        default_factory=AdaptationConfig, metadata={"help": "what learns: the model's own weights, or new ones"}
    )

    seed: int = field(default=0, metadata={"help": "of the weights, the clips and their augmentation", "min": 0})
    max_steps: int | None = field(
        default=None, metadata={"help": "stop after so many steps (the schedule shrinks with it)", "min": 1}
    )
    learning_rates: dict[str, float] = field(
        default_factory=_learning_rates, metadata={"help": "of each part", "keys": PARTS, "min": 0.0}
    )
    weight_decay: float = field(default=1e-2, metadata={"help": "AdamW's, on matrices only", "min": 0.0})
    adam_beta2: float = field(default=0.999, metadata={"help": "AdamW's second beta", "min": 0.0, "max": 0.99999})
    warmup_steps: int = field(default=100, metadata={"help": "steps of linear warm-up", "min": 0})
    final_learning_rate: float = field(
        default=0.01,
        metadata={"help": "where the cosine ends, as a share of the learning rate", "min": 0.0, "max": 1.0},
    )
    max_grad_norm: float = field(default=1.0, metadata={"help": "gradients are clipped to this norm", "min": 1e-6})
    gradient_accumulation_steps: int = field(default=1, metadata={"help": "batches per optimizer step", "min": 1})
    ema_decay: float = field(
        default=0.999,
        metadata={"help": "decay of the averaged weights that are validated and saved", "min": 0.0, "max": 0.99999},
    )
    mixed_precision: str = field(
        default="no", metadata={"help": "precision of the model's matrix products", "choices": ("no", "bf16", "fp16")}
    )
    gradient_checkpointing: bool = field(
        default=False, metadata={"help": "compute the blocks again in the backward pass: less memory, more time"}
    )
    text_cache_mb: int = field(
        default=512,
        metadata={"help": "memory, per process, for what a frozen text encoder has made of expressions", "min": 0},
    )
    augmentation: AugmentationConfig = field(
        default_factory=AugmentationConfig, metadata={"help": "how clips are changed"}
    )

    num_workers: int = field(
        default=1,
        metadata={"help": "processes that draw clips, per training process", "min": 0, "may_change": True},
    )
    num_threads: int | None = field(default=None, metadata={"help": "threads of PyTorch on the CPU", "min": 1})
    report_to: list[str] = field(
        default_factory=list,
        metadata={"help": "trackers beside the log, through Accelerate", "choices": TRACKERS, "may_change": True},
    )
    save_every: int | None = field(
        default=None,
        metadata={
            "help": "steps between checkpoints to go on from; each validation and the end make one in any case",
            "min": 1,
            "may_change": True,
        },
    )
    keep_checkpoints: int = field(
        default=2, metadata={"help": "how many of these are kept", "min": 1, "may_change": True}
    )
    log_every: int = field(
        default=20, metadata={"help": "steps between lines of the log", "min": 1, "may_change": True}
    )
    push_to_hub: str | None = field(
        default=None,
        metadata={"help": "repository for `best` and its model card, such as me/refsam", "may_change": True},
    )
    checkpoint_form: str | None = field(
        default=None,
        metadata={
            "help": "in which it is pushed [adapter for an adaptation, else self_contained]",
            "choices": ("adapter", "self_contained"),
            "may_change": True,
        },
    )
    hub_private_repo: bool = field(
        default=False, metadata={"help": "whether a new repository is private", "may_change": True}
    )
    val_every: int = field(
        default=500,
        metadata={"help": "steps between validations, each saves `last`; 0: an epoch of each stage", "min": 0},
    )
    validation: list[ValidationConfig] = field(
        default_factory=lambda: [ValidationConfig("shapes")],
        metadata={"help": "what the model is validated on; `best` is that of the best mean J&F"},
    )
    val_clips: int = field(default=24, metadata={"help": "of shapes: clips of the split `val`", "min": 1})
    val_frames: int = field(default=12, metadata={"help": "of shapes: frames per validation clip", "min": 1})
    val_frame_size: list[int] = field(
        default_factory=lambda: [180, 240], metadata={"help": "of shapes: [height, width] of the validation clips"}
    )
    val_scene: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "of shapes: what is drawn, options of SceneConfig"}
    )

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("stages: expected at least one stage, got an empty list")
        if (self.model is None) == (self.model_config is None and self.backbones is None):
            raise ValueError(
                "expected one of model (to go on from) and model_config or backbones (a new one), got both or neither"
            )
        self.adaptation.check(self.model, self.train, self.output_dir)
        if self.checkpoint_form is not None and self.push_to_hub is None:
            raise ValueError("checkpoint_form: is for push_to_hub, which is not given")
        check_sizes("val_frame_size", [self.val_frame_size])
        known: list[DatasetConfig] = []  # what several stages name is loaded once
        for position, stage in enumerate(self.stages):
            stage.check(f"stages.{position}")
            if stage.epochs is None and (self.val_every if stage.val_every is None else stage.val_every) == 0:
                raise ValueError(f"stages.{position}.val_every: expected at least 1 where no epochs are given, got 0")
            known += [dataset for dataset in stage.datasets if dataset not in known]
            stage.datasets = [known[known.index(dataset)] for dataset in stage.datasets]
        if not self.validation:
            raise ValueError("validation: expected at least one dataset, got an empty list")
        for position, dataset in enumerate(self.validation):
            dataset.check(f"validation.{position}")
        scene_config(self.val_scene, "val_scene")
        self.learning_rates = {**_learning_rates(), **self.learning_rates}
