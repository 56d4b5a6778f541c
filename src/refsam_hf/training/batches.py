"""The batches of a training, stage after stage, from any position on.

A clip is a pure function of the configuration, the seed and its global index. So there is no sampler whose state would
have to be kept: which clips a step takes, and which process takes which of them, follows from where the training is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from .config import TrainingConfig
from .stage_config import StageConfig

Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Position:
    """Where in the data a training stands: what its next step takes.

    Attributes:
        step: optimizer steps that are done, of all stages.
        stage: which of `config.stages`.
        stage_step: optimizer steps of this stage that are done.
        index: the global index of the next clip; all before it were seen.
    """

    step: int = 0
    stage: int = 0
    stage_step: int = 0
    index: int = 0


@dataclass(frozen=True)
class TrainingStep:
    """What one process takes for one optimizer step.

    Attributes:
        stage: of the configuration.
        batches: `gradient_accumulation_steps` of them, as the collator gives them, on the CPU.
        indices: of the clips of each batch, global.
        position: of the step.
        after: the position of the step that follows.
        clips: of the stage, from the global index `first_index` on.
    """

    stage: StageConfig
    batches: list[Batch]
    indices: list[list[int]]
    position: Position
    after: Position
    clips: Any
    first_index: int

    def describe(self, batch: int | None = None) -> str:
        """Which clips these are, and what is said of them, of one batch or of all: to find what spoilt a training."""
        indices = chain.from_iterable(self.indices) if batch is None else self.indices[batch]
        lines = [f"stage {self.position.stage}, step {self.position.stage_step + 1} of its {self.stage.steps}"]
        for index in indices:
            drawn = self.clips.draw(index - self.first_index)
            lines.append(f"clip {index}, {drawn.name}: {', '.join(map(repr, drawn.texts))}")
        return "; ".join(lines)


class ProcessBatches(Sampler[list[int]]):
    """The batches of one of several processes: of all batches in their order, every `world_size`-th.

    Args:
        num_clips: of all processes together.
        batch_size: of one process.
        rank: of the process, from 0 on.
    """

    def __init__(self, num_clips: int, batch_size: int, rank: int = 0, world_size: int = 1) -> None:
        self.num_clips = num_clips
        self.batch_size = batch_size
        self.rank = rank
        self.world_size = world_size

    def __iter__(self) -> Iterator[list[int]]:
        for first in range(self.rank * self.batch_size, self.num_clips, self.world_size * self.batch_size):
            yield list(range(first, first + self.batch_size))

    def __len__(self) -> int:
        return self.num_clips // (self.batch_size * self.world_size)


def total_steps(config: TrainingConfig, start: Position = Position()) -> int:  # frozen
    """The optimizer steps of a training that goes on from a position: those done, and those that its stages leave.

    At most `max_steps`. From anywhere it is the same number, unless stages have become longer or shorter since.

    Raises:
        ValueError: a stage is as long as epochs of its data are, which `stages.with_steps` finds out.
    """
    for number, stage in enumerate(config.stages):
        if stage.epochs is not None:
            raise ValueError(f"stages.{number}: expected a number of steps, got {stage.epochs} epochs")
    left = [stage.steps for stage in config.stages * config.repeat][start.stage :]
    if left:
        left[0] = max(0, left[0] - start.stage_step)
    steps = start.step + sum(left)
    return steps if config.max_steps is None else min(steps, config.max_steps)


def training_steps(
    config: TrainingConfig,
    stage_clips: Callable[[int, int, int], Dataset[Batch]],
    collate: Callable[[Sequence[Batch]], Batch],
    *,
    start: Position = Position(),  # frozen
    rank: int = 0,
    world_size: int = 1,
    pin_memory: bool = False,
) -> Iterator[TrainingStep]:
    """The steps of all stages that are left, one after the other; no clip comes twice.

    PyTorch's global random numbers are neither used nor moved on.

    Args:
        config: names the stages, the accumulation and the number of workers.
        stage_clips: makes the clips of a stage of its position in `config.stages`, the global index of the first, and
            how many there are to be.
        collate: makes a batch of clips.
        start: where to begin.
        rank: of this process, of `world_size`.
        pin_memory: as in `DataLoader`.
    """
    position = start
    while position.stage < len(config.stages):
        stage = config.stages[position.stage]
        if position.stage_step >= stage.steps:  # it was longer when the training began
            position = replace(position, stage=position.stage + 1, stage_step=0)
            continue
        per_step = stage.batch_size * config.gradient_accumulation_steps * world_size
        first, num_clips = position.index, (stage.steps - position.stage_step) * per_step
        sampler = ProcessBatches(num_clips, stage.batch_size, rank, world_size)
        clips = stage_clips(position.stage, first, num_clips)
        loader: DataLoader[Any] = DataLoader(
            clips,
            batch_sampler=sampler,
            num_workers=config.num_workers,
            collate_fn=collate,
            pin_memory=pin_memory,
            generator=torch.Generator(),  # else the loader would draw from the global one
        )
        batches, numbers = iter(loader), iter(sampler)
        while group := list(islice(batches, config.gradient_accumulation_steps)):
            indices = [[first + number for number in next(numbers)] for _ in group]
            after = Position(position.step + 1, position.stage, position.stage_step + 1, position.index + per_step)
            if after.stage_step == stage.steps:
                after = replace(after, stage=position.stage + 1, stage_step=0)
            yield TrainingStep(stage, group, indices, position, after, clips, first)
            position = after
