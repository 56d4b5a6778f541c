"""A stage on kept features: what fits it, and what is refused in one sentence."""

from dataclasses import replace

import pytest
import torch

from refsam_hf.training.building import load_for_training
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import from_mapping
from refsam_hf.training.features.of_stage import check_features
from refsam_hf.training.optimizer import train_parts
from refsam_hf.training.stage_config import StageConfig
from refsam_hf.training.stages import stage_clips, with_steps


@pytest.fixture
def stage(keep):
    """Makes a stage on a set that is kept, and on others."""
    folder = str(keep("kept"))

    def make(*others, **options):
        features = {folder: 1.0, **{str(other): 1.0 for other in others}}
        return StageConfig(**{"steps": 1, "features": features, "num_frames": 2, **options})

    return make


def test_features_of_the_model_that_is_trained(stage, frozen):
    check_features([StageConfig(steps=1), stage(), stage(flow_weight=1.0, min_stride=2)], frozen[0])


@torch.no_grad()
def test_those_of_another_tower_are_refused(stage, frozen):
    frozen[0].vision_tower.pos_embed += 1e-3
    with pytest.raises(
        ValueError,
        match=r"^stages.1.features: expected those of the model's vision tower, got .*/kept/all, which another tower "
        r"has made$",
    ):
        check_features([StageConfig(steps=1), stage()], frozen[0])


@pytest.mark.parametrize("part", ["vision_tower", "adapters"])
def test_a_tower_that_learns_is_refused(stage, frozen, part):
    train_parts(frozen[0], [part, "mask_decoder"])
    with pytest.raises(ValueError, match=rf"^stages.0.features: expected a vision tower that is frozen.* got {part} "):
        check_features([stage()], frozen[0])


def test_loading_for_a_training_checks_them(stage, options):
    options["stages"] = [{"steps": 1, "features": stage().features}]
    config = from_mapping(TrainingConfig, options)
    with pytest.raises(ValueError, match=r"^stages.0.features: expected a vision tower that is frozen"):
        load_for_training(config)
    with pytest.raises(ValueError, match=r"^stages.0.features: expected those of the model's vision tower, got "):
        load_for_training(replace(config, train=["mask_decoder"]))  # of other random weights


def test_what_does_not_fit_the_stage(stage, keep, frozen, own_clips):
    with pytest.raises(
        ValueError, match=r"^stages.0.num_frames: expected 4 of 3 kept frames, 1 to 3 .* in .*/kept/all"
    ):
        check_features([stage(num_frames=4)], frozen[0])
    with pytest.raises(ValueError, match=r"^stages.0.features: expected sets that can be mixed, got .*kept/all with "):
        check_features([stage(keep("half", every=2))], frozen[0])
    clips = {"num_clips": 5, "num_frames": 3, "datasets": [{"name": "own_clips", "root": str(own_clips("walk"))}]}
    rows = keep("rows", sets={"all": clips})
    check_features([stage(rows)], frozen[0])
    with pytest.raises(ValueError, match=r"^stages.0.flow_weight: lessons ask for all objects .* features .*rows/all"):
        check_features([stage(rows, flow_weight=0.1)], frozen[0])


def test_options_that_contradict(options):
    own = {"name": "own_clips", "root": "x"}
    options["stages"] = [{"steps": 1, "features": {"x": 1}, "datasets": [own]}]
    with pytest.raises(ValueError, match=r"^stages.0: expected one of datasets and features, got both$"):
        from_mapping(TrainingConfig, options)
    options["stages"] = [{"steps": 1, "features": {"x": 0}}]
    with pytest.raises(ValueError, match=r"^stages.0.features.x: expected at least 1e-06, got 0.0$"):
        from_mapping(TrainingConfig, options)


def test_clips_and_epochs_of_a_stage(stage, keep, frozen, options):
    config = from_mapping(TrainingConfig, options)
    of_steps = replace(config, stages=[stage(keep("more", seed=1))])
    straight, later = (stage_clips(of_steps, frozen[1], 0, first, 20 - first) for first in (0, 13))
    assert len(straight) == 20
    assert straight.draw(13) == later.draw(0)
    assert torch.equal(straight[13]["labels"], later[0]["labels"])
    assert {straight._find(index)[0].kept.folder.parent.name for index in range(4)} == {"kept", "more"}
    of_epochs = replace(config, stages=[stage(steps=0, epochs=2, batch_size=2)])
    assert with_steps(of_epochs, 1).stages[0].steps == 5, "5 clips twice"
