import json

import pytest

from refsam_hf import cli
from refsam_hf.benchmarks.shapes import MIX, export
from refsam_hf.video import open_video

TINY = ["--clips", "2", "--frames", "2", "--size", "48", "64"]


@pytest.fixture
def given(monkeypatch):
    """What the command asks the library for, which then writes nothing."""
    calls = []
    monkeypatch.setattr(export, "write_shapes", lambda *arguments, **options: calls.append((arguments, options)))
    return calls


def test_it_writes_the_splits_asked_for(tmp_path, capsys):
    folder = tmp_path / "out"
    options = ["--split", "val", "test", "--kinds", "absent", "--seed", "3"]
    assert cli.main(["shapes", str(folder), *TINY, *options]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [f"wrote {folder}, {split}: 2 clips of 2 frames" for split in ("val", "test")]
    assert sorted(path.name for path in folder.iterdir()) == ["meta_expressions", "test", "val"]
    for split in ("val", "test"):
        videos = json.loads((folder / "meta_expressions" / split / "meta_expressions.json").read_text())["videos"]
        assert len(videos) == 2
        for video, content in videos.items():
            assert video.startswith(f"{split}-absent-3-")
            assert [entry["kind"] for entry in content["expressions"].values()] == ["absent", "absent"]
            assert [frame.shape for frame in open_video(folder / split / "videos" / f"{video}.mp4")] == [
                (48, 64, 3)
            ] * 2


def test_without_options_it_is_the_benchmark(given):
    assert cli.main(["shapes", "out"]) == 0
    assert given == [
        (
            ("out", "test"),
            {"num_clips": 100, "seed": 0, "num_frames": 12, "size": (180, 240), "kinds": tuple(MIX)},
        )
    ]


def test_every_option_arrives(given):
    options = ["--split", "train", "--seed", "4", "--kinds", "motion", "relation"]
    assert cli.main(["shapes", "out", *TINY, *options]) == 0
    assert given == [
        (
            ("out", "train"),
            {"num_clips": 2, "seed": 4, "num_frames": 2, "size": (48, 64), "kinds": ("motion", "relation")},
        )
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--split", "val", "tset"], "split: expected one of train, val, test, test-unseen, got 'tset'"),
        (["--clips", "0"], "--clips: expected at least 1, got 0"),
        (["--frames", "0"], "num_frames: expected an integer of at least 1, got 0"),
        (["--size", "4", "4"], "size: expected a height of at least 38 pixels"),
        (["--seed", "-1"], "seed: expected an integer of at least 0, got -1"),
        (["--kinds", "smell"], "kinds: expected one or more out of appearance, relation, motion"),
    ],
)
def test_a_bad_option_is_one_line_and_writes_nothing(tmp_path, capsys, options, message):
    assert cli.main(["shapes", str(tmp_path / "out"), *TINY, *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_stays_as_it_is(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert cli.main(["shapes", str(tmp_path), *TINY]) == 2
    assert f"{tmp_path}: expected a new or an empty folder to write into" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_interrupt_leaves_nothing(tmp_path, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "encode_frames", interrupted)
    assert cli.main(["shapes", str(tmp_path / "out"), *TINY, "--kinds", "appearance"]) == 130
    assert capsys.readouterr().err == "refsam: interrupted\n"
    assert list(tmp_path.iterdir()) == []


def test_it_has_help(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["shapes", "--help"])
    assert stop.value.code == 0
    assert "refsam shapes" in capsys.readouterr().out
