"""`examples/adapt_shifted_shapes.py` on a model of tiny sizes: one method, and all of them in a row."""

import json

import pytest

from refsam_hf import RefSamModel

SMALL = ("--steps", "2", "--batch-size", "1", "--clips", "2", "--size", "60", "80", "--learning-rate", "0.01")


@pytest.fixture(scope="module")
def script(load_example):
    return load_example("adapt_shifted_shapes")


@pytest.fixture
def run(script, tiny_checkpoint, tmp_path, capsys):
    def run_it(*options):
        script.main(["--model", str(tiny_checkpoint), *SMALL, *options, "--output", str(tmp_path)])
        return capsys.readouterr().out.splitlines()

    return run_it


@pytest.mark.parametrize("method", ["adapters", pytest.param("full", marks=pytest.mark.slow)])
def test_a_method(run, tmp_path, method):
    line = json.loads(run("--method", method)[-1])
    assert line["bit_for_bit"] == (method != "full")
    assert (line["moved"] == 0) == (method != "full")
    loaded = RefSamModel.from_pretrained(tmp_path / method)
    assert loaded.added_adapters() == ([] if method == "full" else ["shifted"])


@pytest.mark.slow
def test_all_of_them(run, tmp_path):
    said = run()
    lines = json.loads((tmp_path / "table.json").read_text())["methods"]
    assert list(lines) == ["none", "adapters", "adapters-in-all-blocks", "lora", "full"]
    trained = [lines[name]["trained"] for name in ("lora", "adapters", "adapters-in-all-blocks", "full")]
    assert trained == sorted(set(trained))
    assert [line.get("bit_for_bit") for line in lines.values()] == [None, True, True, True, False]
    assert len({lines[name]["old"] for name in list(lines)[:4]}) == 1
    assert (tmp_path / "table.txt").read_text().splitlines() == said[:-1]
    assert (tmp_path / "world.png").exists()
