"""Pictures of results: they are drawn, and show what they are given."""

import numpy as np
import pytest
from PIL import Image

from refsam_hf.evaluation.calibration import calibrate
from refsam_hf.evaluation.plots import plot_bars, plot_calibration

pytest.importorskip("matplotlib")


def pixels(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB")).astype(int)


def share_of(picture, colour):
    return float((np.abs(picture - colour).max(axis=-1) < 30).mean())


BLUE, ORANGE = (31, 119, 180), (255, 127, 14)
RED_DOT = (239, 169, 170)  # transparent, on white


def test_bars_are_as_high_as_their_numbers(tmp_path):
    rows = {"as it is": {"all": 0.9, "motion": 0.9}, "cut": {"all": 0.3, "motion": float("nan")}}
    plot_bars(tmp_path / "bars.png", rows, {"all": "all J&F", "motion": "motion J&F"}, "test")
    picture = pixels(tmp_path / "bars.png")
    assert share_of(picture, BLUE) > 4 * share_of(picture, ORANGE) > 0
    assert [path.name for path in tmp_path.iterdir()] == ["bars.png"]


def test_every_kind_has_its_colour(tmp_path):
    scores, values = np.linspace(0, 1, 40), np.linspace(0.2, 0.7, 40)
    path = tmp_path / "calibration.png"
    plot_calibration(path, calibrate(scores, values), {"appearance": (scores, values)}, "val")
    without = pixels(path)
    plot_calibration(path, calibrate(scores, values), {"reappearance": (scores, values)}, "val")
    picture = pixels(path)
    assert share_of(without, RED_DOT) == 0
    assert share_of(picture, RED_DOT) > 1e-4
