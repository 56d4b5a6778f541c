"""The log: one line a record, and cut back."""

import json

import numpy as np

from refsam_hf.training.log import TrainingLog


def test_lines_are_added_and_taken_away(tmp_path):
    log = TrainingLog(tmp_path / "log.jsonl")
    assert log.size() == 0
    loss = float(np.float32(1 / 3))
    line = log.append({"step": 1, "loss": loss, "train_j": None})
    assert np.float32(json.loads(line)["loss"]) == np.float32(loss)
    assert log.path.read_text() == line + "\n"
    size = log.size()
    log.append({"step": 2, "loss": 2.0})
    with open(log.path, "a") as file:
        file.write('{"step": 3, "lo')  # killed
    log.cut(size)
    assert log.path.read_text() == line + "\n"
    log.cut(size + 100)
    assert log.size() == size
    log.cut(0)
    assert log.path.read_text() == ""


def test_every_line_is_json_for_every_program(tmp_path):
    """Also of a step that fp16 has skipped, whose gradient overflowed."""
    log = TrainingLog(tmp_path / "log.jsonl")
    line = log.append({"step": 1, "grad_norm": float("inf"), "val_hidden_empty": float("nan")})
    assert line == '{"step": 1, "grad_norm": null, "val_hidden_empty": null}'
