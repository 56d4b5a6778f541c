"""Several processes that have trained together all come to an end."""

import json

import pytest


@pytest.mark.parametrize("times", [2, pytest.param(20, marks=pytest.mark.slow)])
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
