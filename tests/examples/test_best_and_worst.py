"""`examples/best_and_worst.py` on a model of random weights."""

import re

import pytest
from PIL import Image


def test_a_sheet_of_each(run_example):
    options = ("--clips", "3", "--frames", "4", "--kinds", "appearance", "absent", "--count", "3", "--per-kind", "2")
    said, folder = run_example("best_and_worst", *options)
    assert sorted(path.name for path in folder.iterdir()) == ["best.png", "worst.png"]
    found = re.findall(r"^(best|worst): J ([\d.]+)  (\w+)  '.+'  test-\w+-0-\d+$", said, re.MULTILINE)
    assert [name for name, _, _ in found] == ["best"] * 3 + ["worst"] * 3
    best, worst = [float(j) for _, j, _ in found[:3]], [float(j) for _, j, _ in found[3:]]
    assert best == sorted(best, reverse=True)
    assert worst == sorted(worst)
    assert best[0] >= worst[-1]
    for cases in (found[:3], found[3:]):
        assert {kind for _, _, kind in cases} == {"appearance", "absent"}
    for name in ("best", "worst"):
        with Image.open(folder / f"{name}.png") as image:
            assert image.height > 3 * 240


def test_no_case_to_draw_is_an_error(run_example, capsys):
    with pytest.raises(SystemExit):
        run_example("best_and_worst", "--count", "0")
    assert "--count: expected at least 1, got 0" in capsys.readouterr().err
