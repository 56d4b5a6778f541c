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


@pytest.fixture
def own_clips(tmp_path):
    """`own_clips(name, frames=6)` writes a clip: object 1 is a red square that moves right, object 2 a blue one
    below it, seen from frame 4 on; a corner is void. It gives the folder of all clips."""
    import json

    import numpy as np
    from PIL import Image

    from refsam_hf.video.palette import palette_image

    said = [
        {"text": "the red square on the left", "object_ids": [1]},
        {"text": "the red one", "object_ids": [1]},
        {"text": "the blue square", "object_ids": [2]},
        {"text": "the green star", "object_ids": []},
    ]

    def write(name, frames=6, size=(40, 60), expressions=said):
        folder = tmp_path / "clips" / name
        (folder / "frames").mkdir(parents=True)
        (folder / "masks").mkdir()
        for t in range(frames):
            picture, labels = np.full((*size, 3), 10 * (t % 20), np.uint8), np.zeros(size, np.uint8)
            picture[8:18, 4 + 3 * t : 16 + 3 * t], labels[8:18, 4 + 3 * t : 16 + 3 * t] = (220, 30, 30), 1
            if t >= 4:
                picture[24:34, 4:16], labels[24:34, 4:16] = (30, 30, 220), 2
            labels[0, :4] = 255
            Image.fromarray(picture).save(folder / "frames" / f"{t:05d}.png")
            palette_image(labels).save(folder / "masks" / f"{t:05d}.png")
        (folder / "expressions.json").write_text(json.dumps(expressions), encoding="utf-8")
        return tmp_path / "clips"

    return write
