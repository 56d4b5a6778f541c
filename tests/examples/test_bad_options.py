"""What the examples that measure or segment say of options that cannot be used: one error, and nothing is written."""

import pytest


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("parts", ("--clips", "0"), "--clips: expected at least 1, got 0"),
        ("parts", ("--kinds", "motion", "--frames", "1"), "expected"),
        ("calibration", ("--split", "nope"), "split: expected"),
        ("calibration", ("--device", "abacus"), "--device: expected a device of this machine"),
        ("best_and_worst", ("--model", "/nowhere"), "--model '/nowhere': expected a RefSAM checkpoint"),
    ],
)
def test_measuring(run_example, capsys, tmp_path, name, options, message):
    with pytest.raises(SystemExit) as left:
        run_example(name, *options)
    assert left.value.code == 2
    assert f"error: {message}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothere.mp4", "x"), "nothere.mp4"),
        (("nothere.mp4", "x", "--model", "/nowhere"), "/nowhere"),
        (("nothere.mp4", "x", "--device", "abacus"), "--device: expected a device of this machine"),
    ],
)
def test_segmenting(load_example, capsys, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        load_example("segment_video").main(list(words))
    assert left.value.code == 2
    assert message in capsys.readouterr().err.split("error: ")[1]
    assert list(tmp_path.iterdir()) == []
