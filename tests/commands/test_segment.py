import json

import numpy as np
import pytest
from PIL import Image

from refsam_hf import cli
from refsam_hf.video import open_video
from refsam_hf.video.masks_json import read_masks_json
from refsam_hf.video.rle import decode_rle


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with a folder of four frames in it."""
    from refsam_hf.benchmarks.shapes import generate_clip

    frames = tmp_path / "frames"
    frames.mkdir()
    for index, frame in enumerate(generate_clip("test", 2, num_frames=4, size=(48, 64)).frames):
        Image.fromarray(frame).save(frames / f"{index}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def outputs(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "frames")


def test_without_options_it_writes_an_overlay(folder, capsys):
    assert cli.main(["segment", "frames", "the circle"]) == 0
    assert outputs(folder) == ["frames_refsam.mp4"]
    assert len(list(open_video(folder / "frames_refsam.mp4"))) == 4
    said = capsys.readouterr().out
    assert "'the circle': seen in" in said
    assert "of 4 frames" in said
    assert "wrote frames_refsam.mp4" in said


def test_all_outputs_hold_the_same_masks(folder):
    texts = ["the circle", "the star", "the small ring"]
    options = ["--output", "o.gif", "--masks", "m.json", "--contact-sheet", "c.png", "--chunk-size", "3"]
    assert cli.main(["segment", "frames", *texts, *options]) == 0
    assert cli.main(["segment", "frames", *texts, "--masks", "palette"]) == 0
    assert outputs(folder) == ["c.png", "m.json", "o.gif", "palette"]

    result = read_masks_json("m.json")
    assert [expression["text"] for expression in result["expressions"]] == texts
    assert (result["video"], result["height"], result["width"]) == ("frames", 48, 64)
    masks = np.array([[decode_rle(mask) for mask in expression["masks"]] for expression in result["expressions"]])
    assert masks.shape == (3, 4, 48, 64)
    assert masks.any()
    for index, path in enumerate(sorted((folder / "palette").glob("*.png"))):
        labels = np.array(Image.open(path))
        assert np.array_equal(labels > 0, masks[:, index].any(axis=0))


def test_only_what_is_asked_for_is_written(folder):
    assert cli.main(["segment", "frames", "the circle", "--masks", "m.json"]) == 0
    assert outputs(folder) == ["m.json"]
    assert set(json.loads((folder / "m.json").read_text())) == {"video", "height", "width", "fps", "expressions"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothere.mp4", "the circle"], "'nothere.mp4': expected a video"),
        (["frames", " "], "expected words that say what to segment"),
        (["frames", "the circle", "--output", "o.txt"], "o.txt: expected a name that ends in"),
        (["frames", "the circle", "--output", "nowhere/o.mp4"], "nowhere/o.mp4: expected an existing folder"),
        (["frames", "the circle", "--masks", "frames"], "frames: expected a new or an empty folder"),
        (["frames", "the circle", "--chunk-size", "0"], "chunk_size must be at least 1"),
        (["frames", "the circle", "--model", "nothere"], "--model 'nothere': expected a RefSAM checkpoint"),
        (
            ["frames", "the circle", "--device", "gpu"],
            "--device: expected a device of this machine, such as cpu, got 'gpu'",
        ),
    ],
)
def test_a_bad_call_is_one_line_exit_code_2_and_writes_nothing(folder, capsys, arguments, message):
    assert cli.main(["segment", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.strip().splitlines()[-1].startswith("refsam: error: ")
    assert "Traceback" not in error
    assert outputs(folder) == []


def test_a_video_that_breaks_off_leaves_what_stood_there(folder, capsys):
    assert cli.main(["segment", "frames", "the circle", "--masks", "m.json"]) == 0
    before = (folder / "m.json").read_bytes()
    broken = folder / "frames" / "2.png"
    broken.write_bytes(broken.read_bytes()[:100])
    assert cli.main(["segment", "frames", "the star", "--masks", "m.json", "--output", "o.mp4"]) == 2
    assert "2.png" in capsys.readouterr().err
    assert (folder / "m.json").read_bytes() == before
    assert outputs(folder) == ["m.json"]


def test_partial_takes_what_there_is(folder, capsys):
    broken = folder / "frames" / "2.png"
    broken.write_bytes(broken.read_bytes()[:100])
    assert cli.main(["segment", "frames", "the circle", "--masks", "m.json", "--partial"]) == 0
    assert "refsam: warning: frames/2.png: expected an image that can be decoded" in capsys.readouterr().err
    assert len(read_masks_json("m.json")["expressions"][0]["masks"]) < 4
