"""Folders of clips with something wrong in them, and what is said of each."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks.own_clips import OwnExpression, check_clips

WriteClip = Callable[..., Path]
Findings = Callable[[], list[tuple[str, str, str]]]


def test_a_sound_folder(clips: Path, write_clip: WriteClip, labels: np.ndarray) -> None:
    write_clip("film", video=True, expressions=[{"text": "both", "object_ids": [2, 1]}])
    (clips / ".hidden").mkdir()
    (clips / "README.txt").write_text("about the clips")
    (clips / "walk" / "frames" / "notes.txt").write_text("about the frames")
    report = check_clips(clips)
    assert report.problems == ()
    film, walk = report.clips
    assert (film.name, film.frames, film.masks) == ("film", clips / "film" / "film.mp4", clips / "film" / "masks")
    assert (walk.name, walk.frames) == ("walk", clips / "walk" / "frames")
    assert film.frame_names == walk.frame_names == ("00000", "00001", "00002", "00003")
    assert film.expressions == (OwnExpression("both", (2, 1)),)
    assert walk.expressions == (OwnExpression("the left one", (1,)), OwnExpression("the late one", (2,)))
    assert walk.seen == {1: {"00000", "00001", "00002", "00003"}, 2: {"00002", "00003"}}


def test_frames_are_in_natural_order(clips: Path) -> None:
    for part in ("frames", "masks"):
        for number, new in enumerate((2, 9, 10, 100)):
            (clips / "walk" / part / f"{number:05d}.png").rename(clips / "walk" / part / f"f{new}.png")
    (clip,) = check_clips(clips).clips
    assert clip.frame_names == ("f2", "f9", "f10", "f100")


def test_an_expression_without_objects_is_of_the_only_one(clips: Path) -> None:
    for path in (clips / "walk" / "masks").iterdir():
        Image.fromarray(np.full((16, 24), 7, np.uint8)).save(path)
    (clips / "walk" / "expressions.json").write_text('[{"text": "the thing"}]')
    (clip,) = check_clips(clips).clips
    assert clip.expressions == (OwnExpression("the thing", (7,)),)


def test_which_object_is_asked_where_there_are_several(clips: Path, findings: Findings) -> None:
    (clips / "walk" / "expressions.json").write_text('[{"text": "the thing"}]')
    ((where, what, mend),) = findings()
    assert where == "walk/expressions.json"
    assert what == (
        "expression 0 ('the thing'): expected \"object_ids\", as the masks do not show just one object but 1, 2"
    )
    assert mend == "add the labels that its objects have in the masks"


def test_an_expression_of_a_missing_object(clips: Path, findings: Findings) -> None:
    content = [{"text": "a", "object_ids": [3]}, {"text": "b", "object_ids": [1, 9]}]
    (clips / "walk" / "expressions.json").write_text(json.dumps(content))
    assert [(where, what) for where, what, _ in findings()] == [
        ("walk/expressions.json", "expression 0 ('a'): expected an object of the masks, got 3; they show 1, 2"),
        ("walk/expressions.json", "expression 1 ('b'): expected an object of the masks, got 9; they show 1, 2"),
    ]


@pytest.mark.parametrize("video", [False, True])
@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("masks", "expected this folder, got none"),
        ("expressions.json", "expected this file, got none"),
    ],
)
def test_a_missing_part(write_clip: WriteClip, findings: Findings, part: str, what: str, video: bool) -> None:
    _remove(write_clip(video=video) / part)
    assert [(where, said) for where, said, _ in findings()] == [(f"walk/{part}", what)]


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_missing_frames(clips: Path, findings: Findings) -> None:
    _remove(clips / "walk" / "frames")
    assert findings() == [
        (
            "walk",
            "expected frames/ or walk.mp4, got neither",
            "put the images into walk/frames, or the video beside expressions.json",
        )
    ]


def test_a_part_of_another_name_is_pointed_at(clips: Path, findings: Findings) -> None:
    for part, wrong in (("frames", "Frames"), ("masks", "mask"), ("expressions.json", "expression.json")):
        (clips / "walk" / part).rename(clips / "walk" / wrong)
    assert [(where, what) for where, what, _ in findings()] == [
        ("walk/expressions.json", "expected this file, got none; is 'expression.json' meant?"),
        ("walk", "expected frames/ or walk.mp4, got neither; is 'Frames' meant?"),
        ("walk/masks", "expected this folder, got none; is 'mask' meant?"),
    ]


def test_a_part_of_another_kind(clips: Path, findings: Findings) -> None:
    for part in ("masks", "expressions.json"):
        _remove(clips / "walk" / part)
    (clips / "walk" / "masks").write_text("")
    (clips / "walk" / "expressions.json").mkdir()
    assert [(where, what) for where, what, _ in findings()] == [
        ("walk/expressions.json", "expected a file, got a folder"),
        ("walk/masks", "expected a folder, got a file"),
    ]


def test_frames_and_a_video(clips: Path, write_clip: WriteClip, findings: Findings) -> None:
    (write_clip("film", video=True) / "film.mp4").rename(clips / "walk" / "walk.mp4")
    _remove(clips / "film")
    ((where, what, mend),) = findings()
    assert (where, what) == ("walk", "expected either frames/ or walk.mp4, got frames and walk.mp4")
    assert mend == "keep the one that the masks were drawn on"


def test_a_video_of_another_name(clips: Path, write_clip: WriteClip, findings: Findings) -> None:
    folder = write_clip("film", video=True)
    (folder / "film.mp4").rename(folder / "IMG_1.mp4")
    assert findings() == [
        (
            "film/IMG_1.mp4",
            "expected the video to be named as its folder, got 'IMG_1.mp4'",
            "rename it to film.mp4",
        )
    ]


def test_an_empty_folder(tmp_path: Path, findings: Findings) -> None:
    (tmp_path / "clips").mkdir()
    assert findings() == [
        (
            ".",
            "expected a folder for every clip, got none",
            "make NAME/frames, NAME/masks and NAME/expressions.json in it",
        )
    ]


def test_the_folder_of_one_clip(clips: Path) -> None:
    (problem,) = check_clips(clips / "walk").problems
    assert str(problem) == (
        ".: expected a folder of clips, got the folder of one clip: expressions.json, frames, masks lie in it"
    )
    assert problem.mend.startswith("name the folder above it")


def test_a_clip_may_be_called_frames(write_clip: WriteClip, tmp_path: Path) -> None:
    write_clip("frames")
    assert check_clips(tmp_path / "clips").problems == ()


def test_files_beside_the_clips(clips: Path, findings: Findings) -> None:
    (clips / "film.MP4").write_bytes(b"")
    (clips / "still.jpg").write_bytes(b"")
    assert [(where, mend) for where, _, mend in findings()] == [
        ("film.MP4", "move it to film/film.MP4"),
        ("still.jpg", "move it to CLIP/frames"),
    ]


@pytest.mark.parametrize("name", ["nowhere", "file"])
def test_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    got = {"nowhere": "no such path", "file": "a file"}[name]
    with pytest.raises(NotADirectoryError, match=f"{name}': expected a folder of clips, got {got}"):
        check_clips(tmp_path / name)


@pytest.mark.parametrize("part", ["frames", "masks", "expressions.json", "frames/00001.png", "masks/00001.png"])
def test_a_link_out_of_the_folder(clips: Path, tmp_path: Path, findings: Findings, part: str) -> None:
    path = clips / "walk" / part
    path.rename(tmp_path / "elsewhere")
    path.symlink_to("../" * len(path.relative_to(clips).parents) + "elsewhere")
    assert path.exists()
    found = findings()
    target = str(tmp_path / "elsewhere")
    said = (
        f"walk/{part}",
        f"expected something in the folder of clips, got a link out of it, to {target!r}",
        "put a copy in the place of the link",
    )
    assert found[0] == said
    rest = [(where, what) for where, what, _ in found[1:]]
    assert rest == ([("walk/masks/00001.png", "expected a mask for this frame, got none")] if "masks/" in part else [])


def test_a_clip_that_is_a_link_out_of_the_folder(clips: Path, tmp_path: Path, findings: Findings) -> None:
    (clips / "walk").rename(tmp_path / "elsewhere")
    (clips / "walk").symlink_to(tmp_path / "elsewhere")
    assert [where for where, _, _ in findings()] == ["walk"]


def test_links_inside_are_followed(clips: Path, tmp_path: Path, write_clip: WriteClip) -> None:
    other = write_clip("other")
    _remove(other / "masks")
    (other / "masks").symlink_to("../walk/masks")
    (tmp_path / "link").symlink_to(clips)
    report = check_clips(tmp_path / "link")
    assert report.problems == ()
    assert [clip.name for clip in report.clips] == ["other", "walk"]


def test_links_to_nothing_and_pipes(clips: Path, findings: Findings) -> None:
    for name, target in (("00001.png", "gone.png"), ("00002.png", "00002.png")):
        (clips / "walk" / "frames" / name).unlink()
        (clips / "walk" / "frames" / name).symlink_to(target)
    (clips / "walk" / "frames" / "00003.png").unlink()
    os.mkfifo(clips / "walk" / "frames" / "00003.png")
    assert [(where, what) for where, what, _ in findings()] == [
        (
            "walk/frames/00001.png to 00002.png (2 files)",
            "expected a file or a folder, got a link that leads to nothing",
        ),
        ("walk/frames/00003.png", "expected a file or a folder, got a pipe or a device"),
    ]


def test_a_name_that_is_no_text(clips: Path, findings: Findings) -> None:
    (clips / "walk").rename(clips / "w\udcff")
    assert [(where, what) for where, what, _ in findings()] == [
        ("'w\\udcff'", "expected a name of letters, got bytes that are none")
    ]


def test_everything_is_found_in_one_pass(clips: Path, write_clip: WriteClip, findings: Findings) -> None:
    (clips / "walk" / "frames" / "00000.png").write_bytes(b"no image")
    (clips / "walk" / "masks" / "00001.png").write_bytes(b"no image")
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(clips / "walk" / "masks" / "00002.png")
    (clips / "walk" / "masks" / "00003.png").rename(clips / "walk" / "masks" / "3.png")
    (clips / "walk" / "expressions.json").write_text('[{"text": "a", "object_ids": [5]}, {"text": ""}]')
    film = write_clip("film", video=True)
    (film / "film.mp4").write_bytes((film / "film.mp4").read_bytes()[:-40])
    (film / "expressions.json").write_text("[")
    found = [where for where, _, _ in findings()]
    assert found == [
        "film/expressions.json",
        "film/film.mp4",
        "walk/expressions.json",
        "walk/frames/00000.png",
        "walk/masks/00001.png",
        "walk/masks/00002.png",
        "walk/masks/00003.png",
        "walk/masks/3.png",
        "walk/expressions.json",
    ]
    assert check_clips(clips).clips == ()


def test_a_clip_with_a_problem_does_not_spoil_the_others(clips: Path, write_clip: WriteClip) -> None:
    _remove(write_clip("bad") / "masks")
    report = check_clips(clips)
    assert len(report.problems) == 1
    assert [clip.name for clip in report.clips] == ["walk"]
