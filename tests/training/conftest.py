"""A RefSAM that is small enough to train in a test."""

from typing import Any

import pytest

from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import from_mapping


@pytest.fixture(scope="session")
def make_options(training_model_config):
    """Makes what a training's YAML file holds."""

    def make() -> dict[str, Any]:
        text_config = {"num_heads": 2, "dropout_rate": 0.0}
        return {
            "output_dir": "unused",
            "model_config": training_model_config(initializer_range=0.1, text_config=text_config),
            "stages": [{"steps": 2, "batch_size": 2, "num_frames": 2, "frame_sizes": [[48, 48], [40, 48]]}],
            "warmup_steps": 0,
            "num_workers": 0,
            "log_every": 1,
            "val_clips": 1,
            "val_frames": 2,
            "val_frame_size": [48, 48],
        }

    return make


@pytest.fixture
def options(make_options):
    return make_options()


@pytest.fixture
def config(make_options):
    return from_mapping(TrainingConfig, make_options())


@pytest.fixture(scope="session")
def model_and_processor(make_options):
    """Not to be changed by a test."""
    import torch

    from refsam_hf.training.building import load_for_training

    torch.manual_seed(0)
    return load_for_training(from_mapping(TrainingConfig, make_options()))


@pytest.fixture
def mesh():
    """Of a process alone, to spread tensors over."""
    import torch.distributed as dist
    from torch.distributed.device_mesh import init_device_mesh

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield init_device_mesh("cpu", (1,))
    dist.destroy_process_group()
