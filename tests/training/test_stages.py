"""The clips of a stage: shapes and rows mixed, and how many steps its epochs are."""

from dataclasses import replace

import pytest
import torch

from refsam_hf.training.batches import Position, total_steps
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import from_mapping
from refsam_hf.training.shapes_clips import ShapesClips
from refsam_hf.training.stages import is_validated, position_after_changes, stage_clips, with_steps


@pytest.fixture
def configured(options, own_clips):
    """`configured(stage)`: a training whose one stage learns from two clips of 4 rows each, and from what it says."""
    own_clips("walk")
    root = own_clips("run")

    def make(*others, **stage):
        datasets = [{"name": "own_clips", "root": str(root), "weight": 0.5}, *others]
        options["stages"] = [{"num_frames": 2, "frame_sizes": [[48, 48]], "datasets": datasets, **stage}]
        return from_mapping(TrainingConfig, options)

    return make


def texts(clips, processor, indices):
    return [processor.tokenizer.batch_decode(clips[i]["input_ids"], skip_special_tokens=True) for i in indices]


def test_shapes_and_rows_are_mixed_by_weight(configured, model_and_processor):
    config, processor = configured({"name": "shapes"}, steps=2), model_and_processor[1]
    clips = stage_clips(config, processor, 0, 10, 30)
    assert len(clips) == 30
    own = [not len(clips[index]["object_masks"]) for index in range(30)]
    assert sum(own) == 10
    assert all(1 <= sum(own[start : start + 6]) <= 3 for start in range(24)), "in every stretch"
    alone = {"num_frames": 2, "frame_sizes": [(48, 48)], "augmentation": config.augmentation}
    shapes = ShapesClips(processor, 30, first_index=10, **alone)
    place = own.index(False, 5)
    assert torch.equal(clips[place]["pixel_values"], shapes[place]["pixel_values"]), "the clip that it would be alone"
    with pytest.raises(IndexError):
        clips[30]


def test_an_item_is_its_global_index(configured, model_and_processor):
    config = configured({"name": "shapes"}, steps=2)
    straight = stage_clips(config, model_and_processor[1], 0, 0, 20)
    later = stage_clips(config, model_and_processor[1], 0, 13, 7)
    for place in range(7):
        assert all(torch.equal(straight[13 + place][name], value) for name, value in later[place].items())


def test_epochs_are_counted_in_steps(configured):
    def steps(*others, processes=1, **stage):
        return with_steps(configured(*others, **stage), processes).stages[0].steps

    assert steps(epochs=1, batch_size=2, max_expressions=1) == 4, "8 rows"
    assert steps(epochs=3, batch_size=2, max_expressions=4) == 3, "2 videos of 4 rows, three times"
    assert steps(epochs=1, batch_size=3, max_expressions=3) == 2, "4 samples of 3, 1, 3, 1"
    assert steps(epochs=1, batch_size=2, max_expressions=1, processes=2) == 2
    assert steps({"name": "shapes", "weight": 1.5}, epochs=1, batch_size=2, max_expressions=1) == 16, "a quarter"
    assert steps(steps=7) == 7
    config = with_steps(configured(epochs=1, batch_size=2, max_expressions=1), 1)
    assert total_steps(config) == 4
    assert config.stages[0].epochs is None
    with pytest.raises(ValueError, match=r"^stages.0: expected a number of steps, got 1.0 epochs$"):
        total_steps(configured(epochs=1))


def test_epochs_are_honoured_by_another_number_of_processes(configured):
    """Of 24 steps, 15 of which are done, 2 processes take half as many, and 3 batches a step a third."""
    then = {"world_size": 1, "config": {"gradient_accumulation_steps": 1, "stages.0.batch_size": 1}}
    done = Position(step=15, stage=0, stage_step=15, index=15)
    alone, shared = (with_steps(configured(epochs=3, batch_size=1, max_expressions=1), n) for n in (1, 2))
    assert position_after_changes(done, then, alone, 1) == done
    moved = position_after_changes(done, then, shared, 2)
    assert moved == Position(15, 0, 7, 15)
    assert total_steps(shared, moved) == 15 + 5
    batches = replace(shared, gradient_accumulation_steps=3)
    assert position_after_changes(done, then, batches, 1).stage_step == 5
    assert position_after_changes(replace(done, step=30, stage_step=0), then, shared, 2).stage_step == 0


def test_steps_are_steps_with_any_number_of_processes(configured):
    then = {"world_size": 1, "config": {"gradient_accumulation_steps": 1, "stages.0.batch_size": 1}}
    done = Position(step=15, stage=0, stage_step=15, index=15)
    assert position_after_changes(done, then, with_steps(configured(steps=24), 2), 2) == done


def test_turns_are_written_out(options):
    options["stages"] = [{"steps": 2, "num_frames": 1}, {"steps": 3, "num_frames": 2}]
    config = from_mapping(TrainingConfig, {**options, "repeat": 3})
    written = with_steps(config, 1)
    assert [(stage.steps, stage.num_frames) for stage in written.stages] == [(2, 1), (3, 2)] * 3
    assert total_steps(written) == total_steps(config) == 15
    assert with_steps(written, 1) == written


def validated(config):
    """The steps of the training after which it is validated."""
    steps = [(stage, step) for stage in range(len(config.stages)) for step in range(config.stages[stage].steps)]
    positions = [Position(number, stage, step) for number, (stage, step) in enumerate(steps)]
    return [position.step + 1 for position in positions if is_validated(config, position)]


def test_it_is_validated_each_epoch(configured, options):
    """8 rows: 3 steps are an epoch of the first stage, 4 of the second, of which there are one and a half."""
    options["val_every"] = 0
    first = configured(epochs=3, batch_size=3, max_expressions=1).stages[0]
    config = configured(epochs=1.5, batch_size=2, max_expressions=1)
    config = with_steps(replace(config, stages=[first, *config.stages]), 1)
    assert [stage.steps for stage in config.stages] == [8, 6]
    assert validated(config) == [3, 6, 8, 12, 14]


def test_a_stage_is_validated_as_it_says_itself(configured, options):
    options["val_every"] = 4
    config = configured(steps=6)
    assert validated(config) == [4]
    own = configured(steps=6, val_every=4).stages[0]
    assert validated(replace(config, stages=[*config.stages, own, *config.stages])) == [4, 10, 12, 16]
    epochs = configured(epochs=3, batch_size=2, max_expressions=1, val_every=0)
    assert validated(with_steps(epochs, 1)) == [4, 8, 12]


def test_an_epoch_of_a_stage_of_steps_is_an_error(configured, options):
    options["val_every"] = 0
    with pytest.raises(ValueError, match=r"^stages.0.val_every: expected at least 1 where no epochs are given, got 0"):
        configured(steps=1)


def test_more_processes_than_samples(configured):
    with_steps(configured(steps=1, max_expressions=4), 2)
    expected = r"^stages.0: expected at least one sample of own_clips \(.*clips\) for each of 3 processes, got 2$"
    with pytest.raises(ValueError, match=expected):
        with_steps(configured(steps=1, max_expressions=4), 3)


def test_a_folder_with_problems_is_an_error_before_the_training(configured, tmp_path):
    config = configured(steps=1)
    (tmp_path / "clips" / "walk" / "masks" / "00000.png").unlink()
    with pytest.raises(ValueError, match="refsam check"):
        with_steps(config, 1)


def test_clips_with_problems_are_left_out_if_that_is_asked_for(options, own_clips):
    root = own_clips("walk")
    (root / "walk" / "masks" / "00000.png").unlink()
    dataset = {"name": "own_clips", "root": str(own_clips("run")), "options": {"strict": False}}
    options["stages"] = [{"num_frames": 2, "steps": 1, "frame_sizes": [[48, 48]], "datasets": [dataset]}]
    config = from_mapping(TrainingConfig, options)
    with pytest.warns(UserWarning, match="clips with problems are left out"):
        with_steps(config, 1)
    assert {row["video_id"] for row in config.stages[0].datasets[0].rows} == {"run"}
