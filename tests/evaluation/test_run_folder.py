import json
from pathlib import Path

import pytest

from refsam_hf.evaluation.run_folder import RunFolder, VideoResult, file_name

ABOUT = {"benchmark": "made", "size": (1, 2), "score": float("nan")}


def test_what_is_written_is_read_again_and_done(tmp_path):
    folder = RunFolder(tmp_path / "runs" / "one", ABOUT)
    result = VideoResult("a/b", [{"id": "0", "score": 0.5}], None, ["a note"], 1.5)
    assert not folder.is_done("a/b")
    folder.write(result)
    again = RunFolder(folder.path, ABOUT)
    assert again.is_done("a/b")
    assert again.read("a/b") == result
    assert {path.name for path in folder.path.iterdir()} == {"run.json", "videos", "predictions"}


def test_a_video_that_failed_is_not_done(tmp_path):
    folder = RunFolder(tmp_path / "run", ABOUT)
    folder.write(VideoResult("a", error="broken"))
    assert not folder.is_done("a")
    assert folder.read("a").error == "broken"


def test_names_of_files_never_collide_or_lead_elsewhere():
    ids = ["a", "a/b", "a%2Fb", "..", ".", "../x", "/x", "ü", "a b", ".hidden", "%2Ehidden", "A"]
    names = [file_name(video) for video in ids]
    assert len(set(names)) == len(ids)
    assert not any("/" in name or name.startswith(".") for name in names)


def test_another_measurement_is_not_mixed_in(tmp_path):
    RunFolder(tmp_path / "run", ABOUT)
    with pytest.raises(ValueError, match="expected the results of benchmark 'other', got those of 'made'"):
        RunFolder(tmp_path / "run", ABOUT | {"benchmark": "other"})
    with pytest.raises(ValueError, match="expected the results of more 1, got those of None"):
        RunFolder(tmp_path / "run", ABOUT | {"more": 1})


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("")
    with pytest.raises(FileExistsError, match=r"without a run\.json"):
        RunFolder(tmp_path, ABOUT)
    for content in ("{", "[]"):
        (tmp_path / "run.json").write_text(content)
        with pytest.raises(ValueError, match=r"run\.json: expected"):
            RunFolder(tmp_path, ABOUT)
    assert {path.name for path in tmp_path.iterdir()} == {"mine.txt", "run.json"}


def test_a_broken_result_is_named(tmp_path):
    folder = RunFolder(tmp_path / "run", ABOUT)
    for content, expected in (("{", "JSON"), (json.dumps({"video": "a"}), "the result of a video")):
        (folder.path / "videos" / "a.json").write_text(content)
        with pytest.raises(ValueError, match=rf"a\.json: expected {expected}, got something else"):
            folder.read("a")


@pytest.mark.parametrize("kill", ["written_aside", "Path.mkdir"])
def test_a_folder_that_was_being_made_when_the_run_was_killed_is_taken(kill, tmp_path, monkeypatch):
    made = Path.mkdir

    def killed_at_a_subfolder(path, *arguments, **options):
        if path.name == "predictions":
            raise KeyboardInterrupt
        made(path, *arguments, **options)

    def killed_while_writing(path):
        (path.parent / ".0123.json").touch()  # as `written_aside` begins
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if kill == "written_aside":
            patch.setattr("refsam_hf.evaluation.run_folder.written_aside", killed_while_writing)
        else:
            patch.setattr(Path, "mkdir", killed_at_a_subfolder)
        with pytest.raises(KeyboardInterrupt):
            RunFolder(tmp_path / "run", ABOUT)
    folder = RunFolder(tmp_path / "run", ABOUT)
    folder.write(VideoResult("a"))
    assert folder.is_done("a")
