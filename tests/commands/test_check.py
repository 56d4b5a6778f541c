import json

import numpy as np
import pytest
from PIL import Image

from refsam_hf import cli


@pytest.fixture
def clips(tmp_path):
    """A folder with one sound clip of two frames."""
    folder = tmp_path / "clips" / "walk"
    for part in ("frames", "masks"):
        (folder / part).mkdir(parents=True)
    for t in range(2):
        Image.new("RGB", (24, 16), (0, 0, 100)).save(folder / "frames" / f"{t}.jpg")
        Image.fromarray(np.eye(16, 24, dtype=np.uint8)).save(folder / "masks" / f"{t}.png")
    (folder / "expressions.json").write_text(json.dumps([{"text": "the line"}]))
    return tmp_path / "clips"


def test_a_sound_folder_is_exit_code_0(clips, capsys):
    assert cli.main(["check", str(clips)]) == 0
    assert capsys.readouterr().out == f"{clips}: 1 clip, 2 frames, 1 expression, no problem\n"


def test_every_problem_is_listed_with_how_to_mend_it(clips, capsys):
    for t in range(2):
        (clips / "walk" / "masks" / f"{t}.png").unlink()
    (clips / "walk" / "expressions.json").write_text('[{"text": ""}]')
    assert cli.main(["check", str(clips)]) == 1
    output = capsys.readouterr()
    assert output.out.splitlines() == [
        "walk/expressions.json: expression 0: expected words as its \"text\", got the text ''",
        "    to mend it: write what the object is called",
        "walk/masks/0.png to 1.png (2 files): expected a mask for this frame, got none",
        "    to mend it: add it: 0 where no object is seen, 255 where you do not know",
        f"{clips}: 2 problems",
    ]
    assert output.err == ""


def test_what_is_no_folder_is_exit_code_2(tmp_path, capsys):
    assert cli.main(["check", str(tmp_path / "nowhere")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("refsam: error: ")
    assert "nowhere': expected a folder of clips, got no such path" in error
    assert error.count("\n") == 1


def test_nothing_is_written(clips):
    before = sorted(clips.rglob("*"))
    assert cli.main(["check", str(clips)]) == 0
    assert sorted(clips.rglob("*")) == before


def test_it_has_help(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["check", "--help"])
    assert stop.value.code == 0
    assert "refsam check" in capsys.readouterr().out
