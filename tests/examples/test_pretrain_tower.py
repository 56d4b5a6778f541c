"""`examples/pretrain_tower.py` on a tower that learns in seconds."""

import json
from pathlib import Path

import pytest
import torch
import yaml
from accelerate.state import AcceleratorState

from refsam_hf import RefSamModel, RefSamProcessor

OPTIONS = {
    "steps": 30,
    "batch_size": 4,
    "learning_rate": 3e-3,
    "warmup_steps": 0,
    "frame_sizes": [[64, 64]],
    "num_workers": 0,
    "log_every": 10,
    "save_every": 20,
}


@pytest.fixture
def script(load_example):
    threads = torch.get_num_threads()
    AcceleratorState._reset_state(reset_partial_state=True)
    yield load_example("pretrain_tower")
    AcceleratorState._reset_state(reset_partial_state=True)
    torch.set_num_threads(threads)


@pytest.fixture
def config(tmp_path, training_model_config):
    model_config = training_model_config(vision_config={"image_size": 64, "window_size": 4})
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"model_config": model_config, **OPTIONS, "output_dir": str(tmp_path / "out")}))
    return str(path)


def test_the_tower_learns_and_is_saved_as_a_refsam(script, config, tmp_path, capsys):
    assert script.main([config]) == 0
    log = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [10, 20, 30]
    assert log[-1]["loss"] < log[0]["loss"]
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == log[-1]
    model = RefSamModel.from_pretrained(tmp_path / "out" / "last")
    assert model.config.vision_config.image_size == 64
    assert RefSamProcessor.from_pretrained(tmp_path / "out" / "last").video_processor.image_size == 64


def test_a_training_goes_on_from_a_checkpoint(script, config, tmp_path):
    assert script.main([config, "--steps", "2"]) == 0
    more = [
        "--model",
        str(tmp_path / "out" / "last"),
        "--model_config",
        "null",
        "--output_dir",
        str(tmp_path / "more"),
    ]
    assert script.main([config, *more, "--steps", "1", "--learning_rate", "0"]) == 0
    first, second = (RefSamModel.from_pretrained(tmp_path / name / "last").state_dict() for name in ("out", "more"))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_loss_that_is_no_number_stops_it_and_is_not_saved(script, config, tmp_path, capsys):
    assert script.main([config, "--learning_rate", "1e20", "--save_every", "1", "--log_every", "1"]) == 1
    error = capsys.readouterr().err
    assert "error: step 2: the loss is " in error
    assert "Lower the learning rate" in error
    assert len((tmp_path / "out" / "log.jsonl").read_text().splitlines()) == 1
    model = RefSamModel.from_pretrained(tmp_path / "out" / "last")
    assert all(weight.isfinite().all() for weight in model.state_dict().values())


def test_a_new_model_and_a_checkpoint_at_once_are_an_error(script, config, capsys):
    assert script.main([config, "--model", "somewhere"]) == 2
    assert "one of model" in capsys.readouterr().err


def test_sharding_is_refused(script, config, monkeypatch, capsys):
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    assert script.main([config]) == 2
    assert "each hold the whole model, got FSDP" in capsys.readouterr().err


def test_an_earlier_training_is_not_overwritten(script, config, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "log.jsonl").write_text("kept")
    assert script.main([config]) == 2
    assert "holds an earlier training" in capsys.readouterr().err
    assert (tmp_path / "out" / "log.jsonl").read_text() == "kept"


def test_a_wrong_option_is_named(script, config, capsys):
    assert script.main([config, "--scenes", "[{objects: 2}]"]) == 2
    assert "did you mean num_objects?" in capsys.readouterr().err


def test_the_config_of_the_bundled_tower_builds_the_bundled_model(script, bundled_model, bundled_processor):
    path = Path(__file__).parents[2] / "examples" / "configs" / "refsam_tiny_shapes_tower.yaml"
    config = script.read_config(script.TowerPretrainingConfig, path)
    model, processor = script.start(config)
    assert {name: weight.shape for name, weight in model.state_dict().items()} == {
        name: weight.shape for name, weight in bundled_model.state_dict().items()
    }
    assert processor.tokenizer.get_vocab() == bundled_processor.tokenizer.get_vocab()
    assert processor.video_processor.image_size == bundled_processor.video_processor.image_size
