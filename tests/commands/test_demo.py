import re

from refsam_hf import cli
from refsam_hf.video import open_video
from refsam_hf.video.masks_json import read_masks_json


def test_the_demo_writes_its_files_and_measures(tmp_path, capsys):
    folder = tmp_path / "demo"
    assert cli.main(["demo", "--output", str(folder)]) == 0
    said = capsys.readouterr().out
    names = ["clip.mp4", "contact_sheet.png", "masks.json", "overlay.mp4"]
    texts = []
    for kind in ("relation", "motion"):
        assert sorted(path.name for path in (folder / kind).iterdir()) == names
        for name in names:
            assert f"wrote {folder / kind / name}" in said
        assert len(list(open_video(folder / kind / "clip.mp4"))) == 12
        texts += [expression["text"] for expression in read_masks_json(folder / kind / "masks.json")["expressions"]]
    assert len(set(texts)) == 4
    assert re.search(r"^'.*(mov|going).*': J [\d.]+  F [\d.]+ from frame [1-9]", said, re.MULTILINE)
    score = float(re.search(r"^J&F ([\d.]+)$", said, re.MULTILINE)[1])
    assert score > 0.7


def test_a_clip_that_cannot_be_drawn_is_an_error(tmp_path, capsys):
    assert cli.main(["demo", "--output", str(tmp_path / "demo"), "--frames", "0"]) == 2
    assert "num_frames" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_a_clip_too_short_to_say_anything_about_is_an_error(tmp_path, capsys):
    assert cli.main(["demo", "--output", str(tmp_path / "demo"), "--frames", "2", "--index", "0"]) == 2
    assert "got motion 0: take another --index" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists(), "nothing is written of the clip before it either"
