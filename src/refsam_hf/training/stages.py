"""The clips of a stage of the training, and how many steps it takes."""

from dataclasses import replace
from typing import Any

from torch import Tensor
from torch.utils.data import Dataset

from .batches import Position
from .config import TrainingConfig
from .mixture import MixedClips, clips_for_passes
from .row_clips import RowClips, count_samples
from .shapes_clips import ShapesClips
from .stage_config import StageConfig


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
    sources: list[ShapesClips | RowClips] = []
    for number, dataset in enumerate(options.datasets):
        if dataset.is_shapes:
            sources.append(_shapes(config, processor, stage, first_index, num_clips))
        else:
            sources.append(
                RowClips(
                    processor,
                    dataset.rows,
                    seed=(config.seed, number),
                    num_frames=options.num_frames,
                    max_distance=options.max_stride,
                    max_expressions=options.max_expressions,
                    forgotten=options.forgotten,
                    augmentation=config.augmentation,
                )
            )
    return MixedClips(sources, [dataset.weight for dataset in options.datasets], num_clips, first_index)


def _shapes(config: TrainingConfig, processor: Any, stage: int, first_index: int, num_clips: int) -> ShapesClips:
    options = config.stages[stage]
    return ShapesClips(
        processor,
        num_clips,
        first_index=first_index,
        seed=config.seed,
        num_frames=options.num_frames,
        kinds=options.kinds,
        about=options.about,
        min_stride=options.min_stride,
        max_stride=options.max_stride,
        max_expressions=options.max_expressions,
        forgotten=options.forgotten,
        frame_sizes=[(height, width) for height, width in options.frame_sizes],
        scenes=options.scene_configs(f"stages.{stage}"),
        augmentation=config.augmentation,
    )


def with_steps(config: TrainingConfig, num_processes: int) -> TrainingConfig:
    """The configuration with numbers of steps in the place of epochs, of the data that is there.

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
    return replace(config, stages=stages)


def is_validated(config: TrainingConfig, position: Position) -> bool:
    """Whether the model is validated after the step at a position.

    A stage with its own `val_every` counts its own steps, and is validated at its end, too.
    """
    stage, done = config.stages[position.stage], position.stage_step + 1
    if stage.val_every is None:
        return (position.step + 1) % config.val_every == 0
    return done % stage.val_every == 0 or done == stage.steps


def _samples(stage: StageConfig, key: str, num_processes: int) -> list[int]:
    """How many there are in each dataset that has rows."""
    rows = stage.row_datasets
    samples = [count_samples(dataset.rows, stage.max_expressions) for dataset in rows]
    for dataset, count in zip(rows, samples, strict=True):
        if count < num_processes:
            raise ValueError(
                f"{key}: expected at least one sample of {dataset.name} ({dataset.root}) for each of "
                f"{num_processes} processes, got {count}"
            )
    return samples


def _counted(stage: StageConfig, samples: list[int], per_step: int, val_every: int) -> StageConfig:
    """The stage with as many steps as its epochs take, and with those of one of them for a `val_every` of 0."""
    weights, total = [dataset.weight for dataset in stage.row_datasets], sum(data.weight for data in stage.datasets)
    clips = clips_for_passes(stage.epochs or 0, samples, weights, total)
    steps = -(-clips // per_step)
    own = max(1, -int(-steps // (stage.epochs or 1))) if val_every == 0 else stage.val_every
    return replace(stage, steps=steps, epochs=None, val_every=own)
