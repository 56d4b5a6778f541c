"""A model whose tower is frozen, and features of its clips."""

import copy

import pytest

from refsam_hf.training.building import load_checkpoint
from refsam_hf.training.config_reading import from_mapping
from refsam_hf.training.features.config import KeepingConfig
from refsam_hf.training.features.keep_sets import keep_sets
from refsam_hf.training.optimizer import train_parts

LEARNING = ("text_encoder", "cross_modal_mlp", "hierarchical_dense_attention", "mask_decoder", "implicit_tracking")


@pytest.fixture(scope="session")
def loaded(tiny_checkpoint):
    """Not to be changed by a test."""
    return load_checkpoint(str(tiny_checkpoint))


@pytest.fixture
def frozen(loaded):
    """A model of the test's own, of two intermediate levels, whose tower and adapters are frozen; the processor."""
    model, processor = loaded
    model = copy.deepcopy(model).eval()
    train_parts(model, LEARNING)
    return model, processor


@pytest.fixture(scope="session")
def keeping_options():
    """What the YAML file of a keeping holds: five clips of three frames."""
    clips = {"num_clips": 5, "num_frames": 3, "min_stride": 2, "frame_sizes": [[48, 48], [40, 48]]}
    return {"output_dir": "unused", "model": "unused", "num_workers": 0, "clips_per_file": 2, "sets": {"all": clips}}


@pytest.fixture
def keep(frozen, keeping_options, tmp_path):
    """`keep("name", every=2)` keeps the set in `tmp_path / name / all`, and gives that folder."""

    def make(name, model=frozen[0], **options):
        config = from_mapping(KeepingConfig, {**keeping_options, "output_dir": str(tmp_path / name), **options})
        assert sum(keep_sets(config, model, frozen[1])) == 5
        return tmp_path / name / "all"

    return make
