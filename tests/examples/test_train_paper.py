"""The paper's two stages: five steps and a scoring by each configuration, on small trees in the exact formats."""

import json
import shutil
from pathlib import Path

import pytest

from refsam_hf import RefSamModel, RefSamProcessor

CONFIGS = Path(__file__).parents[2] / "examples" / "configs"
QUICK = {"max_steps": 5, "num_workers": 0, "num_threads": 1, "log_every": 1, "mixed_precision": "no"}
TRAINED = {"cross_modal_mlp", "hierarchical_dense_attention", "mask_decoder", "implicit_tracking"}


@pytest.fixture
def run(run_training):
    """`run(config, output, {name: value})` gives the records of the log."""

    def run_it(config, output, overrides):
        given = [f"--{name}={json.dumps(value)}" for name, value in (QUICK | overrides).items()]
        code, records = run_training(output, *given, config=CONFIGS / f"{config}.yaml")
        assert code == 0
        return records

    return run_it


def learnt(before, after):
    """The parts whose weights differ."""
    after = dict(after.named_parameters())
    return {
        "adapters" if ".refsam_adapter_" in name else name.split(".")[0]
        for name, weight in before.named_parameters()
        if not weight.equal(after[name])
    }


def check(records, datasets):
    assert [record["step"] for record in records if "loss" in record] == [1, 2, 3, 4, 5]
    *_, scores = [record for record in records if "val_j" in record]
    assert all(0 <= scores[f"val_{dataset}_j_and_f"] <= 1 for dataset in datasets)


def test_still_images_of_three_benchmarks(run, sam, t5, trees, tmp_path):
    root = tmp_path / "refcoco"
    for name in ("refcoco", "refcoco+", "refcocog"):
        trees.refcoco(root, name)
    backbones = {"vision": str(sam[1]), "text": str(t5)}
    places = {f"stages.0.datasets.{place}.root": str(root) for place in range(3)}
    places |= {f"validation.{place}.root": str(root) for place in range(2)}
    # the trees have one sentence beside those of train
    places |= {"validation.0.split": "testA", "validation.1.split": "test"}
    records = run("refcoco_pretrain", tmp_path / "out", {"backbones": backbones, **places})
    check(records, ["refcoco", "refcocog"])
    assert max(record["learning_rate"] for record in records if "loss" in record) <= 1e-4
    new = RefSamModel.from_vision_text_pretrained(sam[1], t5)
    assert learnt(new, RefSamModel.from_pretrained(tmp_path / "out" / "last")) >= TRAINED - {"mask_decoder"}
    vision = {name for name, _ in new.named_parameters() if name.startswith(("vision_tower", "text_encoder"))}
    assert vision
    assert not learnt(new, RefSamModel.from_pretrained(tmp_path / "out" / "last")) & {"vision_tower", "text_encoder"}


@pytest.mark.parametrize("size", ["b", "l", "h"])
def test_videos_and_then_a_benchmark_that_was_not_learnt_from(run, sam, t5, trees, tmp_path, size):
    RefSamModel.from_vision_text_pretrained(sam[1], t5).save_pretrained(tmp_path / "first")
    RefSamProcessor.from_vision_text_pretrained(sam[1], t5).save_pretrained(tmp_path / "first")
    videos = trees.refer_youtube_vos(tmp_path / "videos")
    davis = trees.ref_davis17(tmp_path / "davis")
    for folder in (davis, davis / "meta_expressions"):
        shutil.move(folder / "valid", folder / "train")
    places = {
        "model": str(tmp_path / "first"),
        "stages.0.datasets.0.root": str(videos),
        "validation.0.root": str(davis),
        "validation.0.videos": 1,
    }
    records = run(f"refer_youtube_vos_vit_{size}", tmp_path / "out", places)
    check(records, ["ref_davis17"])
    assert [record["step"] for record in records if "val_j" in record] == [2, 4, 5], "each epoch, and at the end"
    before, after = (RefSamModel.from_pretrained(tmp_path / folder) for folder in ("first", "out/last"))
    assert learnt(before, after) <= {"adapters", *TRAINED}
