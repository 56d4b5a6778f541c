"""Trainings on rows, and adaptations, go on bit for bit, as one on shapes does."""

import shutil

import pytest

TIMES = {"clips_per_second", "data_share", "memory_gb"}

OPTIONS = (
    *("--gradient_accumulation_steps", 2),
    *("--ema_decay", 0.5),
    *("--save_every", 1),
    *("--keep_checkpoints", 100),
)


def told(records):
    """What the log says, without the times."""
    return [{name: value for name, value in record.items() if name not in TIMES} for record in records]


@pytest.fixture(params=["rows", "adapters", "lora"])
def training(request, tmp_path):
    """The file of a training, its options, and where its weights are saved."""
    if request.param == "rows":
        dropout = ("--model_config.text_config.dropout_rate", "0.2")
        return request.getfixturevalue("rows_config"), dropout, "model.safetensors"
    model = ("--model", request.getfixturevalue("tiny_checkpoint"), "--model_config", "null")
    adaptation = ("--adaptation.method", request.param, "--adaptation.name", "night")
    weights = "adapter/adapter_model.safetensors"
    return request.getfixturevalue("training_config"), (*model, *adaptation), weights


def test_the_same_losses_and_weights_bit_for_bit(run_training, training, tmp_path):
    config, options, weights = training
    output = tmp_path / "out"
    code, expected = run_training(output, *OPTIONS, *options, config=config)
    assert code == 0
    assert [record["step"] for record in expected if "loss" in record] == [1, 2, 3, 4]
    learned = (output / "last" / weights).read_bytes()
    for step, workers in ((2, 0), (1, 1)):  # at the end of a stage, and within one
        for path in (output / "checkpoints").iterdir():  # as if it had been killed just after that step
            if int(path.name.removeprefix("step-")) > step:
                shutil.rmtree(path)
        shutil.rmtree(output / "last")
        resumed = (*OPTIONS, *options, "--resume", "true", "--num_workers", workers)
        code, records = run_training(output, *resumed, config=config)
        assert code == 0
        assert told(records) == told(expected)
        assert (output / "last" / weights).read_bytes() == learned


def test_an_adaptation_is_not_gone_on_with_over_another_base(
    run_training, training_config, tiny_checkpoint, tmp_path, capsys
):
    from refsam_hf import RefSamModel, RefSamProcessor

    model = RefSamModel.from_pretrained(tiny_checkpoint)
    model.vision_tower.pos_embed.data += 1e-3
    model.save_pretrained(tmp_path / "other")
    RefSamProcessor.from_pretrained(tiny_checkpoint).save_pretrained(tmp_path / "other")
    options = ("--model_config", "null", "--adaptation.method", "lora", "--max_steps", 1)
    assert run_training(tmp_path / "out", "--model", tiny_checkpoint, *options)[0] == 0
    assert run_training(tmp_path / "out", "--model", tmp_path / "other", *options, "--resume", "true")[0] == 2
    message = capsys.readouterr().err
    assert f"model was {tiny_checkpoint} and is {tmp_path / 'other'}" in message
    assert "the weights that are frozen, or where they come from, have changed" in message


def test_a_stage_of_epochs_ends_when_its_data_was_seen(run_training, rows_config, tmp_path):
    """3 steps of 2 clips, one of which is done; in steps of 4 clips two are left, and not one of two."""
    output = tmp_path / "out"
    assert run_training(output, "--max_steps", 1, "--num_workers", 0, config=rows_config)[0] == 0
    changed = (
        "--num_workers",
        0,
        "--gradient_accumulation_steps",
        2,
        "--max_steps",
        "null",
        "--resume",
        "true",
        "--allow_changes",
        "true",
    )
    code, records = run_training(output, *changed, config=rows_config)
    assert code == 0
    assert [record["step"] for record in records if "loss" in record] == [1, 2, 3, 4, 5]
