"""Several processes that train together on rows: all come to an end, or are killed and go on bit for bit."""

import json
import random
import shutil

import pytest
import torch
from safetensors.torch import load_file

TIMES = {"clips_per_second", "data_share", "memory_gb"}


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_every_process_ends(train_by_processes, rows_config, tmp_path, times):
    """Three processes, each with a worker, and at the worst moment: Gloo's threads still have tensors to free."""
    for time in range(times):
        output = tmp_path / f"out-{time}"
        codes, printed = train_by_processes(3, rows_config, output, "--max_steps", 1, leave_tensors=True)
        assert codes == [0, 0, 0], printed
        assert (output / "last" / "model.safetensors").exists()


def test_a_wrapped_model_that_outlives_the_group_hangs(train_by_processes, rows_config, tmp_path):
    """What the test above would see if the group were ended where the training still holds its model."""
    options = {"leave_tensors": True, "bad_ending": True, "limit": 4}
    codes, printed = train_by_processes(2, rows_config, tmp_path / "out", "--max_steps", 1, **options)
    assert codes == ["hung", "hung"], printed
    assert json.loads((tmp_path / "out" / "log.jsonl").read_text().splitlines()[-1])["step"] == 1


# dropout, so that the random numbers count; two batches a step; averaging fast enough to be seen
OPTIONS = (
    *("--model_config.text_config.dropout_rate", 0.2),
    *("--gradient_accumulation_steps", 2),
    *("--ema_decay", 0.5),
    *("--save_every", 1),
    *("--keep_checkpoints", 100),
)


def outcome(folder):
    """What the log says, without the times, and the weights."""
    lines = map(json.loads, (folder / "log.jsonl").read_text(encoding="utf-8").splitlines())
    told = [{name: value for name, value in line.items() if name not in TIMES} for line in lines]
    return told, load_file(folder / "last" / "model.safetensors")


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_two_processes_that_are_killed_go_on_bit_for_bit(train_by_processes, rows_config, tmp_path, kills):
    """Both at once, soon after a checkpoint appears, or, the second time, while one is written."""
    options = (*OPTIONS, "--stages.1.steps", max(2, kills // 2))
    codes, printed = train_by_processes(2, rows_config, tmp_path / "whole", *options, leave_tensors=True)
    assert codes == [0, 0], printed
    told, weights = outcome(tmp_path / "whole")
    assert [line["step"] for line in told if "loss" in line] == [*range(1, max(2, kills // 2) + 2)]

    output, draw = tmp_path / "killed", random.Random(1)
    for kill in range(kills):
        name = f"step-{kill // 2 + 1:08d}" if kills > 2 else f"step-{kill + 1:08d}"
        if (output / "checkpoints" / name).exists():
            shutil.rmtree(output / "checkpoints" / name)  # the one before it is gone on from
        when = {"kill_when": str(output / "checkpoints" / name), "kill_after": (kill % 2) * draw.uniform(0.0, 0.4)}
        codes, printed = train_by_processes(2, rows_config, output, *options, "--resume", "true", **when)
        if kill % 2 and 0 in codes:  # it had ended before that instant: once more from the start
            shutil.rmtree(output)
            continue
        assert codes == ["killed", "killed"], printed
    codes, printed = train_by_processes(2, rows_config, output, *options, "--resume", "true")
    assert codes == [0, 0], printed
    again, same = outcome(output)
    assert again == told
    assert all(torch.equal(weights[name], weight) for name, weight in same.items())
