"""`examples/calibration.py` on a model of random weights."""

import json
import sys

import pytest
from PIL import Image

pytest.importorskip("matplotlib")


def test_every_frame_from_which_on_it_can_be_decided_is_counted(run_example):
    options = ("--clips", "6", "--frames", "4", "--kinds", "appearance", "motion", "absent")
    said, folder = run_example("calibration", *options)
    assert sorted(path.name for path in folder.iterdir()) == ["calibration.json", "calibration.png"]
    report = json.loads((folder / "calibration.json").read_text())
    assert report["split"] == "val"
    table = report["calibration"]
    assert list(table) == ["appearance", "motion", "absent", "all"]
    # clips x two expressions x four frames
    assert (table["appearance"]["frames"], table["absent"]["frames"]) == (4 * 8, 8)
    assert 0 < table["motion"]["frames"] < 8  # those before the decision do not count
    assert table["all"]["frames"] == 40 + table["motion"]["frames"] == sum(table["all"]["counts"])
    lines = said.splitlines()
    assert lines[0].startswith("kind")
    assert [line.split()[:2] for line in lines[1:5]] == [[kind, str(row["frames"])] for kind, row in table.items()]
    assert lines[5:] == [f"wrote {folder}"]
    with Image.open(folder / "calibration.png") as image:
        assert image.format == "PNG"


def test_numbers_without_pictures(run_example, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    said, folder = run_example("calibration", "--clips", "1", "--frames", "2", "--kinds", "appearance")
    assert "no calibration.png: it needs matplotlib" in said
    assert [path.name for path in folder.iterdir()] == ["calibration.json"]
