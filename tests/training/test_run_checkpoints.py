"""Checkpoints to go on from: whole or absent, damage noticed, the one before it used."""

import itertools
import resource
import shutil
import subprocess
import warnings
from functools import partial

import pytest
import torch

from refsam_hf.training.run_checkpoints import RunCheckpoints

FACTS = {"world_size": 1, "config": {"seed": 0}, "frozen_weights": "0"}


def tensors_of(step, size=10):
    return {name: {"a": torch.full((size,), float(step))} for name in ("weights", "average", "optimizer")}


def save(checkpoints, step, size=10):
    checkpoints.save(step, tensors_of(step, size), {"step": step}, FACTS)


@pytest.fixture
def checkpoints(tmp_path):
    made = RunCheckpoints(tmp_path / "checkpoints", keep=2)
    for step in (5, 10, 15):
        save(made, step)
    return made


def step_of(checkpoint):
    """Of a checkpoint all of whose parts are of one step."""
    steps = {float(tensors["a"][0]) for tensors in checkpoint.tensors().values()}
    assert steps == {checkpoint.progress()["step"]} == {checkpoint.facts["step"]}
    return steps.pop()


def test_the_newest_is_found_and_the_oldest_are_dropped(checkpoints):
    assert step_of(checkpoints.newest()) == 15
    assert {path.name for path in checkpoints.folder.iterdir()} == {"step-00000010", "step-00000015"}
    assert checkpoints.newest().facts == {"step": 15, **FACTS}
    save(checkpoints, 123_456_784)
    assert step_of(checkpoints.newest()) == 123_456_784, "not by the alphabet"


def test_none_at_all(tmp_path):
    assert RunCheckpoints(tmp_path / "none", keep=1).newest() is None


@pytest.mark.parametrize("name", ["weights.safetensors", "optimizer.safetensors", "progress.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["missing", "cut", "flipped", "of another"])
def test_damage_is_noticed_and_the_one_before_is_used(checkpoints, name, damage):
    path = checkpoints.folder / "step-00000015" / name
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        path.write_bytes(content[:-3] + bytes([content[-3] ^ 8]) + content[-2:])
    else:
        shutil.copy(checkpoints.folder / "step-00000010" / name, path)
    named = "average.safetensors" if (name, damage) == ("manifest.json", "of another") else name  # the first to differ
    with pytest.warns(UserWarning, match=rf"passed over: .*step-00000015: {named} .*; step-00000010 is used"):
        assert step_of(checkpoints.newest()) == 10


def test_a_checkpoint_under_the_name_of_another(checkpoints):
    shutil.rmtree(checkpoints.folder / "step-00000015")
    shutil.copytree(checkpoints.folder / "step-00000010", checkpoints.folder / "step-00000015")
    with pytest.warns(UserWarning, match="its manifest is that of another checkpoint"):
        assert step_of(checkpoints.newest()) == 10


def test_an_empty_folder_is_damage(checkpoints):
    (checkpoints.folder / "step-00000020").mkdir()
    with pytest.warns(UserWarning, match="step-00000020: manifest.json is missing"):
        assert step_of(checkpoints.newest()) == 15


def test_all_damaged(checkpoints):
    (checkpoints.folder / "step-00000010" / "progress.json").unlink()
    (checkpoints.folder / "step-00000015" / "manifest.json").unlink()
    with pytest.raises(
        ValueError, match=r"is whole, got .*15: manifest.json is missing; .*10: progress.json is missi"
    ):
        checkpoints.newest()


def test_going_on_puts_the_damaged_out_of_the_way(checkpoints):
    (checkpoints.folder / "step-00000015" / "manifest.json").unlink()
    (checkpoints.folder / ".step-00000012-0123456789ab").mkdir()
    with pytest.warns(UserWarning, match="passed over"):
        checkpoints.go_on_from(checkpoints.newest())
    names = sorted(path.name for path in checkpoints.folder.iterdir())
    assert names[0] == "step-00000010"
    assert names[1].startswith("step-00000015.damaged-")
    assert len(names) == 2
    for step in (12, 15):
        save(checkpoints, step)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert step_of(checkpoints.newest()) == 15


@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_at_any_operation_of_a_save_leaves_one_that_loads(checkpoints, tmp_path, killed, every):
    steps = set()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a save that was killed does not even look damaged
        for operation in itertools.count(step=every):
            tried = RunCheckpoints(tmp_path / str(operation), keep=2)
            shutil.copytree(checkpoints.folder, tried.folder)
            died = killed(partial(save, tried, 20), operation=operation)
            steps.add(step_of(tried.newest()))
            if not died:
                break
            tried.go_on_from(tried.newest())
            assert all(path.name.startswith("step-") for path in tried.folder.iterdir()), "what was left is removed"
    assert operation > 20
    assert steps == {15, 20}


def full_disk(checkpoints):
    """Files larger than this cannot be written from now on, as on a disk that fills up."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    with pytest.raises(OSError, match=r"takes the checkpoint of step 20, got .*before is whole, and `--resume true`"):
        save(checkpoints, 20, size=10_000)


def test_a_disk_that_fills_up_loses_nothing(checkpoints, killed):
    assert not killed(partial(full_disk, checkpoints)), "it raised what it should"
    assert {path.name for path in checkpoints.folder.iterdir()} == {"step-00000010", "step-00000015"}
    assert step_of(checkpoints.newest()) == 15


@pytest.mark.slow
def test_a_file_system_that_is_really_full_loses_nothing(tmp_path):
    """In a name space of mounts of its own, where a user may mount a small one."""
    script = f"""
mount -t tmpfs -o size=300k tmpfs {tmp_path} || exit 77
exec "$@"
"""
    import sys

    code = f"""
import torch
from pathlib import Path
from refsam_hf.training.run_checkpoints import RunCheckpoints
checkpoints = RunCheckpoints(Path({str(tmp_path)!r}), keep=9)
def save(step):
    tensors = {{name: {{"a": torch.full((5000,), float(step))}} for name in ("weights", "average", "optimizer")}}
    checkpoints.save(step, tensors, {{"step": step}}, {FACTS!r})
for step in range(1, 9):
    try:
        save(step)
    except OSError as error:
        print(error)
        assert "No space left" in str(error), error
        break
assert 3 <= step <= 5, step
names = sorted(path.name for path in Path({str(tmp_path)!r}).iterdir())
assert names == [f"step-{{n:08d}}" for n in range(1, step)], names
newest = checkpoints.newest()
assert newest.tensors()["weights"]["a"][0] == step - 1
"""
    command = ["unshare", "-Urm", "sh", "-c", script, "sh", sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode == 77 or "unshare" in result.stderr:
        pytest.skip("this system lets users mount nothing")
    assert result.returncode == 0, result.stdout + result.stderr
