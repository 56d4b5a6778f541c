"""A checkpoint is whole or absent, and an old one lives until the new one is complete."""

import resource
from functools import partial

import pytest
import torch

from refsam_hf import RefSamModel, RefSamProcessor
from refsam_hf.training.checkpoints import save_checkpoint


class Broken:
    """A processor that cannot be saved."""

    def save_pretrained(self, folder):
        raise OSError("the disk is full")


class Text:
    def __init__(self, text):
        self.text = text

    def added_adapters(self):
        return []

    def save_pretrained(self, folder):
        (folder / self.text).write_text(self.text, encoding="utf-8")


def test_what_is_saved_can_be_loaded(model_and_processor, tmp_path):
    model, processor = model_and_processor
    save_checkpoint(tmp_path / "runs" / "last", model, processor)
    loaded = RefSamModel.from_pretrained(tmp_path / "runs" / "last")
    for (name, weight), (_, other) in zip(loaded.named_parameters(), model.named_parameters(), strict=True):
        assert torch.equal(weight, other), name
    tokens = RefSamProcessor.from_pretrained(tmp_path / "runs" / "last").tokenize(["the red circle"])
    assert torch.equal(tokens[0], processor.tokenize(["the red circle"])[0])
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["last"], "nothing temporary is left"


def test_the_new_one_replaces_the_old_one_whole(tmp_path):
    save_checkpoint(tmp_path / "last", Text("old"), Text("older"))
    save_checkpoint(tmp_path / "last", Text("new"), Text("newer"))
    assert sorted(path.name for path in (tmp_path / "last").iterdir()) == ["new", "newer"]
    assert [path.name for path in tmp_path.iterdir()] == ["last"]


def test_a_failed_save_leaves_the_old_one(tmp_path):
    save_checkpoint(tmp_path / "last", Text("old"), Text("older"))
    with pytest.raises(OSError, match="the disk is full"):
        save_checkpoint(tmp_path / "last", Text("new"), Broken())
    assert sorted(path.name for path in (tmp_path / "last").iterdir()) == ["old", "older"]
    assert [path.name for path in tmp_path.iterdir()] == ["last"]


def save_on_a_small_disk(folder, model, processor):
    """Files larger than this cannot be written any more."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    with pytest.raises(OSError, match="expected a place that takes a checkpoint, got"):
        save_checkpoint(folder, model, processor)


def test_a_disk_that_fills_up_leaves_the_old_one(model_and_processor, tmp_path, killed):
    save_checkpoint(tmp_path / "last", Text("old"), Text("older"))
    assert not killed(partial(save_on_a_small_disk, tmp_path / "last", *model_and_processor)), (
        "it raised what it should"
    )
    assert sorted(path.name for path in (tmp_path / "last").iterdir()) == ["old", "older"]
    assert [path.name for path in tmp_path.iterdir()] == ["last"]
