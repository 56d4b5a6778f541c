"""`examples/adapt_own_clips.py`: from a folder of clips to an adapted checkpoint, scores and overlays."""

import json

import pytest
from accelerate.state import AcceleratorState

QUICK = ("--stages.0.steps=2", "--num_workers=0", "--warmup_steps=0", "--log_every=1", "--num_threads=1")


@pytest.fixture
def run(load_example, tiny_checkpoint, tmp_path):
    """Runs the script on a tiny checkpoint: `run(clips, ...)` gives its exit code; it writes to `out`."""

    def run_it(clips, *options):
        AcceleratorState._reset_state(reset_partial_state=True)  # one process, several trainings
        given = (str(clips), "--output", str(tmp_path / "out"), "--model", str(tiny_checkpoint))
        return load_example("adapt_own_clips").main([*given, *QUICK, *options])

    return run_it


@pytest.mark.parametrize(("method", "learn", "score"), [("full", ":50%", "50%:"), ("adapters", ":", "6:8")])
def test_a_folder_is_adapted_to(run, own_clips, tmp_path, capsys, method, learn, score):
    from refsam_hf import RefSamModel
    from refsam_hf.video import open_video

    own_clips("walk", frames=10)
    ranges = () if learn == ":50%" else ("--learn", learn, "--score", score)
    assert run(own_clips("run", frames=10), *ranges, "--adaptation.method", method) == 0
    out = tmp_path / "out"
    saved = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert saved["stages"][0]["datasets"][0]["frames"] == learn
    assert saved["validation"][0]["frames"] == score
    report = json.loads((out / "scores.json").read_text(encoding="utf-8"))
    assert set(report["before"]) == set(report["after"]) == {"walk", "run", "all"}
    assert (report["learnt_from"], report["scored_on"]) == (learn, score)
    assert report["before"]["walk"]["expressions"] == 4
    assert report["before"] != report["after"], "something was learnt"
    assert "walk, before" in capsys.readouterr().out
    for name in ("walk", "run"):
        assert len(list(open_video(out / "overlays" / f"{name}.mp4"))) == 10, "the whole clip, not the half"
    model = RefSamModel.from_pretrained(out / "last")
    assert model.added_adapters() == ([] if method == "full" else ["adaptation"])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda clip: (clip / "masks" / "00001.png").unlink(), "masks/00001.png"),
        (
            lambda clip: resize(clip / "masks" / "00002.png"),
            "expected 40x60 pixels (height x width) as its frame",
        ),
        (lambda clip: say(clip, "the car", 7), "expression 0 ('the car'): expected an object of the masks, got 7"),
    ],
    ids=["no mask", "a mask of another size", "an object that never occurs"],
)
def test_a_folder_with_problems_is_not_learnt_from(run, own_clips, tmp_path, capsys, spoil, message):
    clips = own_clips("walk")
    spoil(clips / "walk")
    with pytest.raises(SystemExit):
        run(clips)
    error = capsys.readouterr().err
    assert message in error
    assert "`refsam check" in error
    assert not (tmp_path / "out").exists()


def resize(mask):
    from PIL import Image

    Image.open(mask).resize((30, 20)).save(mask)


def say(clip, text, label):
    (clip / "expressions.json").write_text(json.dumps([{"text": text, "object_ids": [label]}]), encoding="utf-8")


def test_what_cannot_be_used_is_an_error_before_anything_is_written(run, own_clips, tmp_path, capsys):
    clips = own_clips("walk")
    for options, message in (
        (("--adaptation.methd", "lora"), "unknown key adaptation.methd, did you mean method?"),
        (("--learn", "half"), "frames: expected START:STOP"),
        (("--model", str(tmp_path / "none")), "none"),
    ):
        with pytest.raises(SystemExit):
            run(clips, *options)
        assert message in capsys.readouterr().err
        assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").touch()
    with pytest.raises(SystemExit):
        run(clips)
    assert f"--output: expected a new folder, got {tmp_path / 'out'}: it holds something" in capsys.readouterr().err


def test_an_output_that_is_a_file(run, own_clips, tmp_path, capsys):
    (tmp_path / "out").write_text("kept", encoding="utf-8")
    with pytest.raises(SystemExit):
        run(own_clips("walk"))
    assert f"--output: expected a new folder, got {tmp_path / 'out'}: Not a directory" in capsys.readouterr().err
    assert (tmp_path / "out").read_text(encoding="utf-8") == "kept"


def test_folders_may_have_any_name(load_example, own_clips, tmp_path, monkeypatch):
    script, configs = load_example("adapt_own_clips"), []
    monkeypatch.setattr(script, "adapt", configs.append)
    named = own_clips("walk").rename(tmp_path / "clips 😀 é: #1")
    assert script.main([str(named), "--output", str(tmp_path / "out 😀")]) == 0
    assert configs[0].output_dir == str(tmp_path / "out 😀")
    assert configs[0].stages[0].datasets[0].root == configs[0].validation[0].root == str(named)
