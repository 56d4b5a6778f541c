import json

import pytest

from refsam_hf import cli

SMALL = ("--clips", "4", "--frames", "4", "--size", "90", "120")


def test_it_measures_the_bundled_checkpoint(tmp_path, capsys):
    path = tmp_path / "scores.json"
    kinds = ("appearance", "motion", "absent")
    assert cli.main(["evaluate", *SMALL, "--kinds", *kinds, "--json", str(path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["kind", "expressions", "J", "F", "J&F", "words", "swapped", "J", "lost", "empty"]
    assert [line.split()[0] for line in said[1:5]] == [*kinds, "all"]
    assert said[5:] == [f"wrote {path}"]

    report = json.loads(path.read_text())
    measured = {name: report[name] for name in ("benchmark", "split", "clips", "frames", "size", "seed", "kinds")}
    assert measured == {
        "benchmark": "shapes",
        "split": "test",
        "clips": 4,
        "frames": 4,
        "size": [90, 120],
        "seed": 0,
        "kinds": list(kinds),
    }
    assert report["model"] == "refsam-tiny-shapes"
    assert set(report["versions"]) >= {"refsam_hf", "torch", "transformers"}
    assert (report["protocol"], report["failed"], report["extra_videos"]) == ("shapes", {}, [])
    assert len(report["weights_sha256"]) == 64
    appearance = report["scores"]["appearance"]
    assert appearance["j_and_f"] > 0.5 > appearance["j_swapped"]
    assert said[1].split()[4] == f"{appearance['j_and_f']:.3f}"
    assert set(report["scores"]) == {*kinds, "all"}
    assert list(tmp_path.iterdir()) == [path]


def test_another_seed_is_another_measurement(capsys):
    tables = []
    for seed in ("0", "0", "1"):
        options = ("--clips", "1", "--frames", "1", "--size", "48", "64", "--kinds", "appearance", "--seed", seed)
        assert cli.main(["evaluate", *options]) == 0
        tables.append(capsys.readouterr().out)
    assert tables[0] == tables[1] != tables[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--clips", "0"), "--clips: expected at least 1, got 0"),
        (("--split", "tset"), "'tset'"),
        (("--size", "4", "4"), "4x4"),
        (("--kinds", "appearance", "colour"), "'colour'"),
        (("--kinds", "appearance", "motion", "--frames", "1"), "'motion'"),
        (("--json", "none/scores.json"), "none/scores.json: expected an existing folder"),
    ],
)
def test_bad_options_are_errors_before_the_model_is_loaded(options, message, capsys, monkeypatch):
    monkeypatch.setattr(cli.evaluate.loading, "load", lambda *names: pytest.fail("the model was loaded"))
    assert cli.main(["evaluate", *options]) == 2
    assert message in capsys.readouterr().err


def test_a_missing_checkpoint_leaves_the_old_report(tmp_path, capsys):
    path = tmp_path / "scores.json"
    path.write_text("old")
    assert cli.main(["evaluate", "--clips", "1", "--model", str(tmp_path / "none"), "--json", str(path)]) == 2
    assert "--model" in capsys.readouterr().err
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
