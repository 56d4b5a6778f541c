import errno
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from refsam_hf.benchmarks.shapes import Expression, SceneConfig, ShapesClip, export, iterate_shapes, load_shapes
from refsam_hf.benchmarks.shapes.export import write_shapes
from refsam_hf.video import open_video
from refsam_hf.video.encoder import Encoder

SPLITS = ("val", "test-unseen")
KINDS = ("motion", "absent")
OPTIONS: dict[str, Any] = {"num_clips": 3, "seed": 5, "num_frames": 5, "size": (49, 64), "kinds": KINDS}
NAMES = ["00000", "00001", "00002", "00003", "00004"]
SMALL: dict[str, Any] = {"num_clips": 1, "num_frames": 2, "size": (48, 64), "kinds": ("appearance",)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What most tests read; not to be changed by them."""
    path = tmp_path_factory.mktemp("shapes") / "out"
    write_shapes(path, *SPLITS, **OPTIONS)
    return path


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[tuple[str, ShapesClip]]]:
    """The names and clips of each split."""
    return {
        split: [(address.video_id, clip) for address, clip, _ in iterate_shapes(split, **OPTIONS)] for split in SPLITS
    }


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _expressions(folder: Path, split: str) -> dict[str, Any]:
    path = folder / "meta_expressions" / split / "meta_expressions.json"
    return json.loads(path.read_text(encoding="utf-8"))["videos"]


def test_every_file_has_its_place_and_nothing_stands_beside(folder: Path, drawn: dict[str, Any]) -> None:
    expected = []
    for split in SPLITS:
        expected += [f"meta_expressions/{split}/meta_expressions.json", f"{split}/meta.json"]
        for video, _ in drawn[split]:
            expected += [f"{split}/JPEGImages/{video}/{name}.jpg" for name in NAMES]
            expected += [f"{split}/Annotations/{video}/{name}.png" for name in NAMES]
            expected += [f"{split}/videos/{video}.mp4"]
    assert len(set(expected)) == 2 * (2 + 3 * 11)
    assert _files(folder) == sorted(expected)
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_label_maps_are_the_drawn_ones_in_the_palette_of_davis(folder: Path, drawn: dict[str, Any]) -> None:
    for split in SPLITS:
        for video, clip in drawn[split]:
            for name, labels in zip(NAMES, clip.label_maps(), strict=True):
                with Image.open(folder / split / "Annotations" / video / f"{name}.png") as image:
                    assert image.mode == "P"
                    assert (np.asarray(image) == labels).all()
                    palette = image.getpalette() or []
                    assert palette[:12] == [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]
            assert labels.any()


def test_frames_are_the_drawn_ones_but_for_what_jpeg_loses(folder: Path, drawn: dict[str, Any]) -> None:
    for video, clip in drawn["val"]:
        for name, frame in zip(NAMES, clip.frames, strict=True):
            with Image.open(folder / "val" / "JPEGImages" / video / f"{name}.jpg") as image:
                assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (64, 49))
                assert JpegImagePlugin.get_sampling(image) == 0  # 4:4:4
                assert np.abs(np.asarray(image).astype(int) - frame).mean() < 4


def test_videos_have_every_frame(folder: Path, drawn: dict[str, Any]) -> None:
    for video, clip in drawn["val"]:
        read = open_video(folder / "val" / "videos" / f"{video}.mp4")
        frames = np.stack(list(read))
        assert read.fps == 12
        assert frames.shape == (5, 50, 64, 3)  # an odd height was made even
        assert (np.abs(frames[:, :49].astype(int) - clip.frames).mean(axis=(1, 2, 3)) < 12).all()


def test_expressions_are_the_rows_of_the_benchmark(folder: Path) -> None:
    for split in SPLITS:
        videos = _expressions(folder, split)
        rows = list(load_shapes(split, **OPTIONS))
        assert any(row["decidable_from"] > 0 for row in rows)
        assert [(video, number) for video in videos for number in videos[video]["expressions"]] == [
            (row["video_id"], row["expression_id"]) for row in rows
        ]
        for row in rows:
            assert videos[row["video_id"]]["frames"] == row["frame_names"] == NAMES
            assert videos[row["video_id"]]["expressions"][row["expression_id"]] == {
                "exp": row["expression"],
                "obj_id": str(row["object_ids"][0]) if row["object_ids"] else None,
                "kind": row["kind"],
                "decidable_from": row["decidable_from"],
            }


def test_only_what_is_absent_has_no_object(folder: Path) -> None:
    kinds = set()
    for split in SPLITS:
        for video, content in _expressions(folder, split).items():
            with Image.open(folder / split / "Annotations" / video / "00000.png") as image:
                labels = np.asarray(image)
            for entry in content["expressions"].values():
                kinds.add(entry["kind"])
                assert (entry["obj_id"] is None) == (entry["kind"] == "absent")
                if entry["obj_id"] is not None:
                    assert (labels == int(entry["obj_id"])).any()
    assert kinds == set(KINDS)


def test_the_meta_file_says_what_every_object_is(folder: Path, drawn: dict[str, Any]) -> None:
    videos = json.loads((folder / "val" / "meta.json").read_text())["videos"]
    assert list(videos) == [video for video, _ in drawn["val"]]
    for video, clip in drawn["val"]:
        assert videos[video]["objects"] == {
            str(index + 1): {"category": item.shape} for index, item in enumerate(clip.scene.objects)
        }


def test_the_same_options_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_shapes(tmp_path / "again", *SPLITS, **OPTIONS)
    names = [name for name in _files(folder) if not name.endswith(".mp4")]
    assert {name: (tmp_path / "again" / name).read_bytes() for name in names} == {
        name: (folder / name).read_bytes() for name in names
    }


def test_the_config_is_what_scenes_are_drawn_from(tmp_path: Path) -> None:
    write_shapes(tmp_path / "out", "test", config=SceneConfig(num_objects=(4, 4), shapes=("star", "ring")), **SMALL)
    (video,) = json.loads((tmp_path / "out" / "test" / "meta.json").read_text())["videos"].values()
    assert list(video["objects"]) == ["1", "2", "3", "4"]
    assert {item["category"] for item in video["objects"].values()} <= {"star", "ring"}


@pytest.mark.parametrize(
    ("splits", "changes", "message"),
    [
        ((), {}, "splits: expected one or more different ones, got none"),
        (("val", "val"), {}, "splits: expected one or more different ones, got val, val"),
        (("val", "tset"), {}, "split: expected one of train, val, test, test-unseen, got 'tset'"),
        (("val",), {"num_clips": 0}, "num_clips: expected an integer of at least 1, got 0"),
        (("val",), {"kinds": ("appearance", "smell")}, "kinds: expected one or more out of"),
        (("val",), {"kinds": ()}, "kinds: expected one or more out of"),
        (("val",), {"seed": -1}, "seed: expected an integer of at least 0, got -1"),
        (("val",), {"num_frames": 0}, "num_frames: expected an integer of at least 1, got 0"),
        (("val",), {"size": (20, 30)}, "height of at least 38 pixels"),
        (
            ("val",),
            {"kinds": ("appearance", "relation"), "config": SceneConfig(num_objects=(2, 2))},
            "num_objects: expected up to 3 objects at least for the kind 'relation'",
        ),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, splits: tuple[str, ...], changes: dict[str, Any], message: str
) -> None:
    draw = Mock()
    monkeypatch.setattr(export, "iterate_shapes", draw)
    with pytest.raises(ValueError, match=re.escape(message)):
        write_shapes(tmp_path / "out", *splits, **SMALL | changes)
    draw.assert_not_called()
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays_untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = Mock()
    monkeypatch.setattr(export, "iterate_shapes", draw)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = sorted(tmp_path.rglob("*"))
    for name, message in (
        (tmp_path / "full", r"full: expected a new or an empty folder to write into, got something else"),
        (tmp_path / "file", r"file: expected a new or an empty folder to write into, got something else"),
        (tmp_path / "missing" / "out", r"out: expected an existing folder to write into, got '.*missing'"),
        (Path("."), r"\.: expected the name of a folder to make or to replace, got the current one"),
    ):
        with pytest.raises(OSError, match=message):
            write_shapes(name, "test", **SMALL)
    draw.assert_not_called()
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "full" / "mine.txt").read_text() == (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    draw = Mock()
    monkeypatch.setattr(export, "iterate_shapes", draw)
    monkeypatch.setattr(Path, "mkdir", denied)
    with pytest.raises(PermissionError, match="out: expected a folder that can be written to, got Permission denied"):
        write_shapes(tmp_path / "out", "test", **SMALL)
    draw.assert_not_called()


def test_an_empty_folder_and_a_link_to_one_are_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    write_shapes(tmp_path / "link", "test", **SMALL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "link"]
    assert (tmp_path / "link").is_symlink()
    assert len(_expressions(tmp_path / "empty", "test")) == 1


@pytest.mark.parametrize("place", ["_write_images", "encode_frames", "_write_json"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (tmp_path / "out").mkdir()

    def full(*_: Any) -> None:
        assert any(tmp_path.rglob(".out-*"))  # it stands aside
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export, place, full)
    with pytest.raises(OSError, match="out: expected a place that takes all files, got No space left on device"):
        write_shapes(tmp_path / "out", "test", **SMALL)
    assert list(tmp_path.rglob("*")) == [tmp_path / "out"]


def test_an_interrupted_video_leaves_nothing_and_lets_go_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Any) -> None:
        raise KeyboardInterrupt

    closed = Mock(side_effect=Encoder.abort, autospec=True)
    monkeypatch.setattr(Encoder, "finish", interrupted)
    monkeypatch.setattr(Encoder, "abort", lambda self: closed(self))
    with pytest.raises(KeyboardInterrupt):
        write_shapes(tmp_path / "out", "test", **SMALL)
    closed.assert_called_once()
    assert list(tmp_path.iterdir()) == []


def test_an_expression_of_two_objects_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def both(split: str, **options: Any) -> Iterator[Any]:
        for address, clip, _ in iterate_shapes(split, **options):
            yield address, clip, [Expression("both", "relation", (1, 2))]

    monkeypatch.setattr(export, "iterate_shapes", both)
    with pytest.raises(ValueError, match="'both': expected one object at most"):
        write_shapes(tmp_path / "out", "test", **SMALL)
    assert list(tmp_path.iterdir()) == []
