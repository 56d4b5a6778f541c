import re

from refsam_hf import cli
from refsam_hf.video import open_video
from refsam_hf.video.masks_json import read_masks_json


def test_the_demo_writes_its_files_and_measures(tmp_path, capsys):
    assert cli.main(["demo", "--output", str(tmp_path / "demo"), "--frames", "6"]) == 0
    names = ["clip.mp4", "contact_sheet.png", "masks.json", "overlay.mp4"]
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == names
    said = capsys.readouterr().out
    for name in names:
        assert f"wrote {tmp_path / 'demo' / name}" in said
    assert len(list(open_video(tmp_path / "demo" / "clip.mp4"))) == 6
    result = read_masks_json(tmp_path / "demo" / "masks.json")
    assert len(result["expressions"]) == 2
    assert len({expression["text"] for expression in result["expressions"]}) == 2
    score = float(re.search(r"^J&F ([\d.]+)$", said, re.MULTILINE)[1])
    assert score > 0.7


def test_a_clip_that_cannot_be_drawn_is_an_error(tmp_path, capsys):
    assert cli.main(["demo", "--output", str(tmp_path / "demo"), "--frames", "0"]) == 2
    assert "num_frames" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()
