"""`examples/prepare_own_clips.py` on a tree that `write_shapes` makes."""

import json

import numpy as np
import pytest

from refsam_hf.benchmarks.own_clips import decode_row, load_own_clips
from refsam_hf.benchmarks.shapes import iterate_shapes
from refsam_hf.benchmarks.shapes.export import write_shapes

TINY = {"num_clips": 2, "num_frames": 3, "size": (48, 64), "kinds": ("appearance", "absent")}


@pytest.fixture(scope="module")
def prepare(load_example):
    return load_example("prepare_own_clips")


@pytest.fixture
def tree(tmp_path):
    write_shapes(tmp_path / "tree", "val", **TINY)
    return tmp_path / "tree"


@pytest.fixture
def edit(tree):
    """Changes the list of expressions of the tree by a function."""
    path = tree / "meta_expressions" / "val" / "meta_expressions.json"

    def change(function):
        content = json.loads(path.read_text())
        path.write_text(json.dumps(function(content) or content))

    return change


def test_the_clips_have_the_same_frames_masks_and_expressions(prepare, tree, tmp_path, capsys):
    prepare.main([str(tree), str(tmp_path / "clips"), "--split", "val"])
    assert f"wrote {tmp_path / 'clips'}: 2 clips without a problem, 0 problems" in capsys.readouterr().out
    rows = load_own_clips(tmp_path / "clips")
    drawn = {address.video_id: (clip, own) for address, clip, own in iterate_shapes("val", **TINY)}
    assert sorted(rows["video_id"]) == sorted(list(drawn) * 2)
    for row in rows:
        clip, own = drawn[row["video_id"]]
        expression = own[int(row["expression_id"])]
        assert (row["expression"], tuple(row["object_ids"])) == (expression.text, expression.object_ids)
        pixels = decode_row(row)
        expected = clip.masks_of(expression.object_ids) if expression.object_ids else np.zeros_like(clip.masks[0])
        np.testing.assert_array_equal(pixels["masks"], expected)
        assert np.abs(pixels["frames"].astype(int) - clip.frames).mean() < 8  # JPEG


def test_some_of_the_videos(prepare, tree, tmp_path):
    name = sorted(path.name for path in (tree / "val" / "JPEGImages").iterdir())[0]
    prepare.main([str(tree), str(tmp_path / "clips"), "--split", "val", "--videos", name])
    assert [path.name for path in (tmp_path / "clips").iterdir()] == [name]


def test_problems_are_counted(prepare, tree, tmp_path, edit, capsys):
    def missing_object(content):
        for video in content["videos"].values():
            video["expressions"]["0"]["obj_id"] = "77"

    edit(missing_object)
    prepare.main([str(tree), str(tmp_path / "clips"), "--split", "val"])
    said = capsys.readouterr().out
    assert "0 clips without a problem, 2 problems" in said
    assert f"refsam check {tmp_path / 'clips'}" in said


def _hide(content):
    for video in content["videos"].values():
        del video["expressions"]["0"]["obj_id"]


def _climb(content):
    next(iter(content["videos"].values()))["frames"].append("../../../secret")


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (_hide, [], "expression '0': expected an 'obj_id', got none"),
        (_climb, [], "name of a frame: expected a plain name, without a path, got '../../../secret'"),
        (lambda content: {"videos": {"..": {"frames": [], "expressions": {}}}}, [], "id of a video: expected a plain"),
        (lambda content: {"clips": {}}, [], "expected a member 'videos', got only clips"),
        (lambda content: {"videos": {"a": []}}, [], "expected an object with 'frames', got list"),
        (None, ["--videos", "nobody"], "--videos: expected videos of the split val, got nobody"),
        (None, ["--split", "test"], "expected the file meta_expressions/test/meta_expressions.json, got none"),
    ],
)  # fmt: skip
def test_what_cannot_be_copied_leaves_nothing(prepare, tree, tmp_path, edit, capsys, change, options, message):
    if change is not None:
        edit(change)
    with pytest.raises(SystemExit) as stop:
        prepare.main([str(tree), str(tmp_path / "clips"), "--split", "val", *options])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


def test_an_interrupted_copy_leaves_nothing(prepare, tree, tmp_path, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(prepare.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        prepare.make_clips(tree, tmp_path / "clips", "val")
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


def test_an_existing_folder_stays_as_it_is(prepare, tree, tmp_path, capsys):
    (tmp_path / "clips" / "mine").mkdir(parents=True)
    with pytest.raises(SystemExit):
        prepare.main([str(tree), str(tmp_path / "clips"), "--split", "val"])
    assert "expected a new or an empty folder to write into, got something else" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "clips").iterdir()] == ["mine"]
