"""Features are kept by one script and trained on by the other, which goes on bit for bit."""

import json
import shutil

import pytest
import yaml

TIMES = {"clips_per_second", "data_share", "memory_gb"}


@pytest.fixture
def keeping(tiny_checkpoint, tmp_path):
    """The file of a keeping of two sets, and where they are put."""
    clips = {"num_frames": 4, "frame_sizes": [[48, 48]]}
    options = {
        "output_dir": str(tmp_path / "kept"),
        "model": str(tiny_checkpoint),
        "every": 2,
        "sets": {
            "moving": {"num_clips": 3, "kinds": {"motion": 1}, **clips},
            "rest": {"num_clips": 2, "kinds": {"relation": 1, "appearance": 1}, **clips},
        },
        "clips_per_file": 2,
        "num_workers": 0,
    }
    path = tmp_path / "keeping.yaml"
    path.write_text(yaml.safe_dump(options), encoding="utf-8")
    return path, tmp_path / "kept"


@pytest.fixture
def on_features(keeping, load_example, training_options, tiny_checkpoint, tmp_path):
    """The file of a training of four steps on what was kept."""
    config, folder = keeping
    assert load_example("keep_features").main([str(config)]) == 0
    moving, rest = str(folder / "moving"), str(folder / "rest")
    lessons = {"flow_weight": 0.2, "origins_weight": 0.2, "choice_weight": 0.3, "mentions_weight": 0.3}
    options = {
        **training_options,
        "model": str(tiny_checkpoint),
        "model_config": None,
        "train": ["cross_modal_mlp", "hierarchical_dense_attention", "mask_decoder", "implicit_tracking"],
        "stages": [
            {"steps": 1, "batch_size": 2, "num_frames": 2, "max_stride": 3, "features": {moving: 1}, **lessons},
            {"steps": 1, "batch_size": 2, "num_frames": 3, "features": {moving: 1, rest: 2}, "first_frame": False},
        ],
        "repeat": 2,
        "gradient_accumulation_steps": 2,
        "ema_decay": 0.5,
        "save_every": 1,
        "keep_checkpoints": 100,
        "val_every": 4,
    }
    path = tmp_path / "on_features.yaml"
    path.write_text(yaml.safe_dump(options), encoding="utf-8")
    return path


def told(records):
    """What the log says, without the times."""
    return [{name: value for name, value in record.items() if name not in TIMES} for record in records]


def test_a_training_on_features_goes_on_bit_for_bit(run_training, on_features, tmp_path):
    output = tmp_path / "out"
    code, expected = run_training(output, config=on_features)
    assert code == 0
    assert [record["step"] for record in expected if "loss" in record] == [1, 2, 3, 4]
    assert ["flow_loss" in record for record in expected if "loss" in record] == [True, False, True, False]
    assert len({record["loss"] for record in expected if "loss" in record}) == 4
    learned = (output / "last" / "model.safetensors").read_bytes()
    for step, workers in ((2, 0), (1, 1)):
        for path in (output / "checkpoints").iterdir():  # as if it had been killed just after that step
            if int(path.name.removeprefix("step-")) > step:
                shutil.rmtree(path)
        shutil.rmtree(output / "last")
        code, records = run_training(output, "--resume", "true", "--num_workers", workers, config=on_features)
        assert code == 0
        assert told(records) == told(expected)
        assert (output / "last" / "model.safetensors").read_bytes() == learned


def test_what_is_kept_stays_and_what_is_wrong_is_said(keeping, load_example, capsys):
    (config, folder), script = keeping, load_example("keep_features")
    assert script.main([str(config)]) == 0
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")}
    assert len(times) == 3
    assert script.main([str(config)]) == 0
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")} == times
    capsys.readouterr()
    assert script.main([str(config), "--every", "3"]) == 2
    assert "moving/00000.safetensors was kept in another way: every was 2 and is 3" in capsys.readouterr().err
    assert script.main([str(config), "--model", json.dumps(str(folder))]) == 2
    assert "model: expected a folder or a Hub name of a RefSAM" in capsys.readouterr().err
    assert script.main(["--help"]) == 0
    assert "--sets.num_clips  how many are kept" in capsys.readouterr().out
