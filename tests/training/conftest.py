"""A RefSAM that is small enough to train in a test."""

from typing import Any

import pytest

from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import from_mapping


def tiny_options() -> dict[str, Any]:
    """What a training's YAML file holds."""
    return {
        "output_dir": "unused",
        "model_config": {
            "initializer_range": 0.1,
            "vision_config": {
                "image_size": 48,
                "patch_size": 8,
                "hidden_size": 32,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "mlp_dim": 64,
                "window_size": 3,
                "global_attn_indexes": [0, 1],
                "output_channels": 32,
                "num_pos_feats": 16,
                "initializer_range": 0.1,
            },
            "mask_decoder_config": {
                "hidden_size": 32,
                "mlp_dim": 64,
                "num_attention_heads": 2,
                "iou_head_hidden_dim": 32,
            },
            "text_config": {
                "model_type": "t5",
                "vocab_size": 700,
                "d_model": 32,
                "d_kv": 16,
                "d_ff": 64,
                "num_layers": 1,
                "num_heads": 2,
                "dropout_rate": 0.0,
            },
        },
        "stages": [{"steps": 2, "batch_size": 2, "num_frames": 2, "frame_sizes": [[48, 48], [40, 48]]}],
        "warmup_steps": 0,
        "num_workers": 0,
        "log_every": 1,
        "val_clips": 1,
        "val_frames": 2,
        "val_frame_size": [48, 48],
    }


@pytest.fixture
def options():
    return tiny_options()


@pytest.fixture
def config():
    return from_mapping(TrainingConfig, tiny_options())


@pytest.fixture(scope="session")
def model_and_processor():
    """Not to be changed by a test."""
    import torch

    from refsam_hf.training.building import load_for_training

    torch.manual_seed(0)
    return load_for_training(from_mapping(TrainingConfig, tiny_options()))
