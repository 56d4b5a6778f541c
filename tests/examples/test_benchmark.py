"""`examples/benchmark.py`: that its baseline is the official one, and that it says what it measured."""

import importlib
import re

import numpy as np
import pytest


@pytest.fixture(scope="module")
def benchmark(load_example):
    return load_example("benchmark")


@pytest.fixture(scope="module")
def official(benchmark):
    """The module `examples/speed/official.py`, which the script has imported."""
    return importlib.import_module(benchmark.official_formulas.__module__)


def test_the_dilation_is_by_a_disk(official):
    rng = np.random.default_rng(0)
    mask = (rng.random((31, 40)) < 0.01).astype(np.uint8)
    ys, xs = np.nonzero(mask)
    rows, columns = np.mgrid[:31, :40]
    near = ((rows[..., None] - ys) ** 2 + (columns[..., None] - xs) ** 2 <= 5**2).any(axis=-1)
    np.testing.assert_array_equal(official.numpy_dilation(mask, 5), near)


def test_the_baseline_gives_what_the_measures_give(benchmark, official):
    void = np.zeros((benchmark.HEIGHT, benchmark.WIDTH), bool)
    void[100:110] = True
    for prediction, truth in benchmark.mask_pairs(3):
        found = official.official_formulas(prediction, truth, official.numpy_dilation, void)
        ours = benchmark.frame_scores(prediction, truth, void)
        assert found == pytest.approx(ours, abs=1e-9)
        assert 0.3 < found[0] < 1
        assert 0.3 < found[1] <= 1


def test_it_says_what_it_measured(benchmark, capsys):
    benchmark.main(["--rounds", "3", "--model-rounds", "0"])
    said = capsys.readouterr().out
    official, ours, ratio = re.search(
        r"official formulas.*: ([\d.]+) ms\n  ours: ([\d.]+) ms\n  ([\d.]+) times as fast", said
    ).groups()
    assert float(official) / float(ours) == pytest.approx(float(ratio), rel=0.1)
    pairs, once, ratio = re.search(
        r"5 x 5 masks.*\n.*official formulas.*\n.*pair by pair: ([\d.]+) ms\n.*once: ([\d.]+) ms, ([\d.]+) times", said
    ).groups()
    assert float(pairs) / float(once) == pytest.approx(float(ratio), rel=0.1)
    short, long = re.search(r"metric for one object: ([\d.]+) MiB for 20 frames, ([\d.]+) MiB for 200", said).groups()
    assert float(long) < float(short) + 2  # 180 more masks are 70 MiB
    assert "expressions" not in said


@pytest.mark.slow
def test_the_model_is_measured_too(benchmark, capsys):
    benchmark.main(["--rounds", "1", "--model-rounds", "1"])
    said = capsys.readouterr().out
    assert re.findall(r"(\d) expressions: [\d.]+ frames per second", said) == ["1", "2", "4", "8"]
    grown = float(re.search(r"then ([\d.]+) MiB more by one of 100", said)[1])
    assert grown < 10
    frames, every, ratio = re.search(
        r"frames: (\d+) ms per clip\n.*every 1: .*\n.*every 2: (\d+) ms, ([\d.]+) times as fast", said
    ).groups()
    assert float(frames) / float(every) == pytest.approx(float(ratio), rel=0.1)
    assert float(ratio) > 2


def test_bad_options_are_refused(benchmark, capsys):
    with pytest.raises(SystemExit):
        benchmark.main(["--rounds", "0"])
    assert "--rounds: expected at least 1" in capsys.readouterr().err
