"""Two processes: the loss of one with the same clips, and a training that goes on bit for bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from refsam_hf.training.run_checkpoints import RunCheckpoints

SCRIPT = Path(__file__).with_name("two_processes.py")
TIMES = {"clips_per_second", "data_share", "memory_gb"}


def told(folder):
    """What the log says, without the times."""
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [{name: value for name, value in json.loads(line).items() if name not in TIMES} for line in lines]


@pytest.fixture(scope="module")
def by_two(tmp_path_factory, training_options):
    """The folder of the trainings that two processes did."""
    import yaml

    folder = tmp_path_factory.mktemp("by-two")
    config = folder / "training.yaml"
    config.write_text(yaml.safe_dump(training_options), encoding="utf-8")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    result = subprocess.run(
        [*command, str(SCRIPT), str(config), str(folder)],
        env={**os.environ, "ACCELERATE_USE_CPU": "true"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-6000:]
    return folder


@pytest.mark.parametrize("stopped", ["within", "at_the_end"])
def test_two_processes_go_on_bit_for_bit(by_two, stopped):
    """With accumulation, and with a worker where there was none."""
    expected = told(by_two / "whole")
    assert [record["step"] for record in expected if "loss" in record] == [1, 2, 3, 4]
    assert told(by_two / stopped) == expected
    weights = [load_file(by_two / name / "last" / "model.safetensors") for name in ("whole", stopped)]
    assert all(torch.equal(weights[0][name], weight) for name, weight in weights[1].items())


def test_each_process_has_random_numbers_of_its_own(by_two):
    first, second = RunCheckpoints(by_two / "whole" / "checkpoints", 100).newest().progress()["random"]
    assert first["torch"] != second["torch"]


def test_two_processes_learn_what_one_does_from_the_same_clips(by_two, run_training, tmp_path):
    """The clips of a step have different numbers of expressions: a mean of the processes' means would be another.

    With all lessons, which ask different amounts of them, too.
    """
    options = ("--stages.0.batch_size", 4, "--stages.1.batch_size", 4, "--model_config.text_config.dropout_rate", 0)
    lessons = ("choice", "flow", "memory", "mentions", "origins", "places")
    weights = [f"--stages.{stage}.{name}_weight=0.2" for stage in (0, 1) for name in lessons]
    assert run_training(tmp_path / "alone", *options, *weights)[0] == 0
    alone, shared = (
        [(record["loss"], record["grad_norm"]) for record in told(folder) if "loss" in record]
        for folder in (tmp_path / "alone", by_two / "shared")
    )
    torch.testing.assert_close(torch.tensor(alone), torch.tensor(shared), rtol=1e-4, atol=1e-5)
    weights = [load_file(folder / "last" / "model.safetensors") for folder in (tmp_path / "alone", by_two / "shared")]
    for name, weight in weights[0].items():
        torch.testing.assert_close(weight, weights[1][name], rtol=1e-3, atol=3e-4, msg=name)


def test_another_number_of_processes_is_refused(by_two, run_training, capsys):
    code, _ = run_training(by_two / "shared", "--model_config.text_config.dropout_rate", 0, "--resume", "true")
    assert code == 2
    assert "it had 2 processes, this one has 1" in capsys.readouterr().err
