"""The clips of a stage of the training, and how many steps it takes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor
from torch.utils.data import Dataset

from .batches import Position
from .config import TrainingConfig
from .drawing import drawn_clips
from .features.kept_set import KeptSet
from .features.of_stage import kept_clips
from .mixture import clips_for_passes
from .row_clips import count_samples
from .stage_config import StageConfig


class CountedStage(StageConfig):
    """A stage whose steps are those that its epochs take."""


def stage_clips(
    config: TrainingConfig, processor: Any, stage: int, first_index: int, num_clips: int
) -> Dataset[dict[str, Tensor]]:
    """The clips of a stage: an item is a pure function of the configuration, the seed and its global index.

    Args:
        processor: a `RefSamProcessor`.
        stage: place in `config.stages`.
        first_index: the global index of the first of them; it is item 0.
        num_clips: how many there are.
    """
    options = config.stages[stage]
    if options.features:
        return kept_clips(options, processor, seed=config.seed, num_clips=num_clips, first_index=first_index)
    return drawn_clips(
        options,
        processor,
        f"stages.{stage}",
        seed=config.seed,
        num_clips=num_clips,
        first_index=first_index,
        forgotten=options.forgotten,
        augmentation=config.augmentation,
    )


def with_steps(config: TrainingConfig, num_processes: int) -> TrainingConfig:
    """The configuration with numbers of steps in the place of epochs, of the data that is there, and all its turns.

    Raises:
        ValueError: a dataset has no rows, hides its masks, or has fewer samples than there are processes.
        OSError: it cannot be read.
    """
    batches = config.gradient_accumulation_steps * num_processes
    stages = []
    for position, stage in enumerate(config.stages):
        samples = _samples(stage, f"stages.{position}", num_processes)
        val_every = config.val_every if stage.val_every is None else stage.val_every
        stages.append(
            stage if stage.epochs is None else _counted(stage, samples, stage.batch_size * batches, val_every)
        )
    return replace(config, stages=stages * config.repeat, repeat=1)


def position_after_changes(
    position: Position, then: Mapping[str, Any], config: TrainingConfig, num_processes: int
) -> Position:
    """Where a training stands that went on to this position in other steps, of more clips each or of fewer.

    A step that was done stays one, but in a stage of epochs, where the clips count: that ends when all its data was
    seen.

    Args:
        then: `world_size` and `config`, with the path of every option, of what the position is from.
        config: of now, from `with_steps`.
        num_processes: of now.
    """
    if position.stage_step == 0 or not isinstance(config.stages[position.stage], CountedStage):
        return position
    options = then["config"]
    batches = options["gradient_accumulation_steps"] * then["world_size"]
    clips = position.stage_step * options[f"stages.{position.stage}.batch_size"] * batches
    per_step = config.stages[position.stage].batch_size * config.gradient_accumulation_steps * num_processes
    return replace(position, stage_step=clips // per_step)


def is_validated(config: TrainingConfig, position: Position) -> bool:
    """Whether the model is validated after the step at a position.

    A stage with its own `val_every` counts its own steps, and is validated at its end, too.
    """
    stage, done = config.stages[position.stage], position.stage_step + 1
    if stage.val_every is None:
        return (position.step + 1) % config.val_every == 0
    return done % stage.val_every == 0 or done == stage.steps


def _samples(stage: StageConfig, key: str, num_processes: int) -> list[tuple[int, float]]:
    """How many samples there are in each dataset that has an end, with its weight."""
    if stage.features:
        samples = [(folder, len(KeptSet(folder)), weight) for folder, weight in stage.features.items()]
    else:
        samples = [
            (f"{dataset.name} ({dataset.root})", count_samples(dataset.rows, stage.max_expressions), dataset.weight)
            for dataset in stage.row_datasets
        ]
    for name, count, _ in samples:
        if count < num_processes:
            raise ValueError(
                f"{key}: expected at least one sample of {name} for each of {num_processes} processes, got {count}"
            )
    return [(count, weight) for _, count, weight in samples]


def _counted(stage: StageConfig, samples: list[tuple[int, float]], per_step: int, val_every: int) -> StageConfig:
    """The stage with as many steps as its epochs take, and with those of one of them for a `val_every` of 0."""
    counts, weights = zip(*samples, strict=True)
    total = sum(stage.features.values()) or sum(dataset.weight for dataset in stage.datasets)
    clips = clips_for_passes(stage.epochs or 0, counts, weights, total)
    steps = -(-clips // per_step)
    own = max(1, -int(-steps // (stage.epochs or 1))) if val_every == 0 else stage.val_every
    return CountedStage(**{**vars(stage), "steps": steps, "epochs": None, "val_every": own})
