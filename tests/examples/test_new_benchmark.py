"""A new benchmark is one file: that of docs/benchmarks.md, in a package of somebody else, loaded, learnt from and
scored by its name."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from refsam_hf import cli
from refsam_hf.benchmarks import BENCHMARKS, decode_masks, load_benchmark
from refsam_hf.benchmarks.problems import BenchmarkError
from refsam_hf.video.rle import encode_rle

DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
ENTRY_POINT = '[project.entry-points."refsam_hf.benchmarks"]\nboxes = "boxes:BENCHMARK"\n'


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The file as it stands in the document, installed: beside its entry points, on the path."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert ENTRY_POINT in text
    (source,) = re.findall(r"^```python\n(# boxes\.py\n.*?)^```$", text, re.MULTILINE | re.DOTALL)
    folder = tmp_path / "site-packages"
    about = folder / "boxes-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "boxes.py").write_text(source, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: boxes\nVersion: 1.0\n")
    points = "boxes = boxes:BENCHMARK\nbroken = boxes:NONE\nother = boxes:load\nmevis = boxes:BENCHMARK\n"
    (about / "entry_points.txt").write_text(f"[refsam_hf.benchmarks]\n{points}")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(BENCHMARKS, "_others", {})
    yield folder
    sys.modules.pop("boxes", None)


@pytest.fixture
def data(tmp_path):
    """Two videos of 4 frames."""
    root = tmp_path / "data"
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        (root / split).mkdir(parents=True)
        for video in ("a", "b"):
            labels = np.zeros((4, 24, 32), np.uint8)
            for t in range(4):
                labels[t, 6:16, 4 + t : 16 + t] = 1
            frames = rng.integers(0, 256, (4, 24, 32, 3), dtype=np.uint8)
            np.savez(root / split / f"{video}.npz", frames=frames, labels=labels, text=f"The box of  {video}")
    return root


def test_it_is_loaded_by_its_name(package, data, tmp_path):
    assert "boxes" in BENCHMARKS
    rows = load_benchmark("boxes", data, "test")
    assert rows["expression"] == ["the box of a", "the box of b"]
    assert decode_masks(rows[0])[0].sum(axis=(1, 2)).tolist() == [120] * 4
    assert len(load_benchmark("boxes", data, "test", longest=2)[0]["frame_names"]) == 2
    assert cli.main(["prepare", "boxes", str(data), "--split", "test", "--output", str(tmp_path / "prepared")]) == 0
    assert load_benchmark("boxes", tmp_path / "prepared", "test")["expression"] == rows["expression"]
    with pytest.raises(ValueError, match=r"boxes: expected options out of longest, got longer \(did you mean longest"):
        load_benchmark("boxes", data, "test", longer=2)


def test_what_is_no_benchmark_is_an_error_of_its_own(package):
    with pytest.raises(BenchmarkError, match=r"benchmark 'broken': expected it at boxes:NONE, got .*'NONE'"):
        load_benchmark("broken", None, "test")
    with pytest.raises(BenchmarkError, match="benchmark 'other': expected a Benchmark at boxes:load, got function"):
        load_benchmark("other", None, "test")
    about = package / "more_boxes-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: more-boxes\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[refsam_hf.benchmarks]\nboxes = more_boxes:BENCHMARK\n")
    with pytest.raises(
        BenchmarkError, match=r"'boxes': expected it of one package, got it at boxes:B.* and more_boxes:B"
    ):
        load_benchmark("boxes", None, "test")
    assert BENCHMARKS["mevis"].default_split == "valid_u"  # nobody takes the place of one of ours


def test_it_is_learnt_from_and_scored(package, data, tiny_checkpoint, run_training, tmp_path, capsys):
    datasets = json.dumps([{"name": "boxes", "root": str(data), "split": "train", "options": {"longest": 3}}])
    validation = json.dumps([{"name": "boxes", "root": str(data), "split": "test"}])
    given = [f"--stages.{stage}.datasets={datasets}" for stage in (0, 1)] + [f"--validation={validation}"]
    code, records = run_training(tmp_path / "out", *given)
    assert code == 0
    assert "val_boxes_j_and_f" in next(record for record in reversed(records) if "val_j" in record)

    capsys.readouterr()
    report = tmp_path / "report.json"
    words = ["evaluate", "--benchmark", "boxes", "--root", str(data), "--json", str(report)]
    options = ["--option", "longest=3", "--device", "cpu", "--model", str(tiny_checkpoint)]
    assert cli.main([*words, *options, "--output", str(tmp_path / "run")]) == 0
    measured = json.loads(report.read_text())
    assert (measured["split"], measured["protocol"]) == ("test", "own_clips")
    assert measured["options"] == {"longest": 3}
    assert measured["scores"]["all"]["expressions"] == 2
    assert 0 <= measured["scores"]["all"]["j_and_f"] < 1

    (tmp_path / "truth").mkdir()
    for row in load_benchmark("boxes", data, "test"):
        masks = [encode_rle(mask) for mask in decode_masks(row)[0]]
        said = {"text": row["expression"], "frame_indices": [0, 1, 2, 3], "scores": [1.0] * 4, "masks": masks}
        content = {"video": row["video_id"], "height": 24, "width": 32, "fps": None, "expressions": [said]}
        (tmp_path / "truth" / f"{row['video_id']}.json").write_text(json.dumps(content))
    assert cli.main([*words, "--from-predictions", str(tmp_path / "truth")]) == 0
    assert json.loads(report.read_text())["scores"]["all"]["j_and_f"] == 1
