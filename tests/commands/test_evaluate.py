import json

from refsam_hf import cli


def test_it_measures_the_bundled_checkpoint(capsys):
    assert cli.main(["evaluate", "--clips", "3", "--frames", "2"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert set(scores) == {"j", "f", "j_and_f", "j_swapped"}
    assert scores["j_and_f"] > 0.5 > scores["j_swapped"]


def test_bad_options_are_errors(capsys):
    assert cli.main(["evaluate", "--clips", "0"]) == 2
    assert cli.main(["evaluate", "--split", "tset"]) == 2
    assert cli.main(["evaluate", "--size", "4", "4"]) == 2
    error = capsys.readouterr().err
    assert "--clips: expected at least 1, got 0" in error
    assert "'tset'" in error
    assert "4x4" in error
