"""`examples/parts.py` on a model of random weights."""

import json
import sys

import pytest
from PIL import Image

pytest.importorskip("matplotlib")

CHANGES = [
    "as it is",
    "words shuffled",
    "no track token",
    "words in the first frame only",
    "levels weighted 1",
    "levels weighted 1/3",
]


def test_a_row_for_every_change(run_example):
    said, folder = run_example("parts", "--clips", "5", "--kinds", "relation", "reappearance", "absent")
    assert sorted(path.name for path in folder.iterdir()) == ["parts.json", "parts.png", "parts.txt"]
    text = (folder / "parts.txt").read_text()
    assert said == f"{text}wrote {folder}\n"
    heading, *lines = text.splitlines()
    for name in ("all J&F", "relation J&F", "reappearance J&F", "hidden empty", "absent empty"):
        assert f"  {name}" in heading
    assert "motion" not in heading
    assert [line[: len(change)] for line, change in zip(lines, CHANGES, strict=True)] == CHANGES

    report = json.loads((folder / "parts.json").read_text())
    assert (report["split"], report["clips"], report["frames"]) == ("test", 5, 12)
    assert list(report["scores"]) == CHANGES
    tables = [report["scores"][change] for change in CHANGES]
    assert len({table["relation"]["j"] for table in tables}) > 1
    for line, table in zip(lines, tables, strict=True):
        found = [table[kind]["j_and_f"] for kind in ("all", "relation", "reappearance")]
        found += [table["reappearance"]["hidden_empty"], table["absent"]["empty"]]
        assert line.split()[-5:] == [f"{number:.3f}" for number in found]
    with Image.open(folder / "parts.png") as image:
        assert image.format == "PNG"


def test_numbers_without_pictures(run_example, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    said, folder = run_example("parts", "--clips", "1", "--frames", "2", "--kinds", "appearance")
    assert "no parts.png: it needs matplotlib" in said
    assert sorted(path.name for path in folder.iterdir()) == ["parts.json", "parts.txt"]
