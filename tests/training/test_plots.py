"""The curves of a training."""

import json

import pytest

from refsam_hf.training.plots import plot_curves, read_log

pytest.importorskip("matplotlib")


def test_curves(tmp_path):
    records = [
        {"step": 1, "loss": 1.0, "train_j": None},
        {"step": 2, "loss": 0.5, "train_j": 0.3},
        {"step": 2, "val_j": 0.2, "val_f": 0.3, "val_j_and_f": 0.25},
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(json.dumps(record) for record in records) + "\n", encoding="utf-8")
    assert read_log(log) == records
    plot_curves(log, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.png", "log.jsonl"]
