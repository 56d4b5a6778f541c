"""The batches of a training: each clip once, the same ones from any position and for any number of processes."""

from types import SimpleNamespace

import pytest
import torch
from torch.utils.data import Dataset

from refsam_hf.training.batches import Position, ProcessBatches, total_steps, training_steps
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.stage_config import StageConfig


class Numbers(Dataset):
    """Item i is its stage and its global index."""

    def __init__(self, stage, first_index, num_clips):
        self.stage, self.first_index, self.num_clips = stage, first_index, num_clips

    def __len__(self):
        return self.num_clips

    def __getitem__(self, index):
        if not 0 <= index < self.num_clips:
            raise IndexError(index)
        return {"clip": torch.tensor([self.stage, self.first_index + index])}

    def draw(self, index):
        number = self.first_index + index
        return SimpleNamespace(name=f"video {number}", texts=[str(number), "ten"])


def collate(clips):
    return {"clip": torch.stack([clip["clip"] for clip in clips])}


def config(**options):
    stages = [StageConfig(steps=3, batch_size=2), StageConfig(steps=2, batch_size=1)]
    return TrainingConfig(stages, "unused", model="unused", num_workers=0, **options)


def clips_of(steps):
    return [[tuple(clip.tolist()) for batch in step.batches for clip in batch["clip"]] for step in steps]


def test_all_clips_come_once_in_their_order():
    steps = list(training_steps(config(gradient_accumulation_steps=2), Numbers, collate))
    assert [clip for step in clips_of(steps) for clip in step] == [(0, i) for i in range(12)] + [
        (1, i) for i in range(12, 16)
    ]
    assert [len(step.batches) for step in steps] == [2] * 5
    assert steps[1].indices == [[4, 5], [6, 7]]
    assert [step.position for step in steps] == [
        Position(0, 0, 0, 0),
        Position(1, 0, 1, 4),
        Position(2, 0, 2, 8),
        Position(3, 1, 0, 12),
        Position(4, 1, 1, 14),
    ]
    assert [step.after for step in steps] == [step.position for step in steps[1:]] + [Position(5, 2, 0, 16)]


@pytest.mark.parametrize("workers", [0, 2])
def test_from_every_position_the_rest_is_the_same(workers):
    options = config(gradient_accumulation_steps=2)
    options.num_workers = workers
    whole = list(training_steps(options, Numbers, collate))
    for done in range(6) if not workers else (1, 3):
        start = whole[done].position if done < 5 else whole[-1].after
        rest = list(training_steps(options, Numbers, collate, start=start))
        assert clips_of(rest) == clips_of(whole)[done:]
        assert [step.after for step in rest] == [step.after for step in whole[done:]]


@pytest.mark.parametrize("done", [3, 5])
def test_a_stage_that_has_become_shorter_is_over(done):
    start = Position(done, 0, done, 2 * done)
    steps = list(training_steps(config(), Numbers, collate, start=start))
    assert clips_of(steps) == [[(1, 2 * done)], [(1, 2 * done + 1)]]
    assert steps[0].position == Position(done, 1, 0, 2 * done)
    assert total_steps(config(), start) == done + 2


def test_the_steps_are_those_that_are_done_and_those_that_are_left():
    steps = list(training_steps(config(), Numbers, collate))
    assert [total_steps(config(), step.after) for step in steps] == [5] * 5
    assert total_steps(config(), Position(2, 1, 1, 4)) == 3, "the first stage was a step long"
    assert total_steps(config(max_steps=4), Position(3, 1, 0, 6)) == 4


def test_processes_share_what_one_would_take():
    """Two processes with batches of one clip take, step by step, what one takes in batches of two."""
    alone = clips_of(training_steps(config(), Numbers, collate))[:3]
    halves = TrainingConfig([StageConfig(steps=3, batch_size=1)], "unused", model="unused", num_workers=0)
    first, second = (list(training_steps(halves, Numbers, collate, rank=r, world_size=2)) for r in (0, 1))
    assert [a + b for a, b in zip(clips_of(first), clips_of(second), strict=True)] == alone
    assert [step.after for step in first] == [step.after for step in second]
    assert second[1].indices == [[3]]
    assert len(ProcessBatches(6, 1, 1, 2)) == len(list(ProcessBatches(6, 1, 1, 2))) == 3


def test_the_global_random_numbers_stay_where_they_are():
    before = torch.get_rng_state()
    list(training_steps(config(), Numbers, collate))
    assert torch.equal(torch.get_rng_state(), before)


def test_clips_are_named():
    """By what they are before the processor, drawn once more."""
    start = Position(1, 0, 1, 4)
    step = list(training_steps(config(gradient_accumulation_steps=2), Numbers, collate, start=start))[1]
    named = "stage 0, step 3 of its 3; clip 10, video 10: '10', 'ten'; clip 11, video 11: '11', 'ten'"
    assert step.describe(1) == named
    assert step.describe().count("clip ") == 4
