"""Model cards: compared whole, and the numbers in them are those of the files."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from huggingface_hub import ModelCard
from peft import LoraConfig

from refsam_hf import RefSamModel
from refsam_hf.evaluation.provenance import weights_sha256
from refsam_hf.hub.card import training_card
from refsam_hf.hub.training_facts import read_training
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import from_mapping

CARDS = Path(__file__).parents[1] / "fixtures" / "cards"
LOG = [
    {"step": 10, "loss": 0.7},
    {"step": 20, "val_expressions": 24, "val_j": 0.4, "val_f": 0.5, "val_j_and_f": 0.45, "val_motion_j_and_f": 0.3},
    {
        "step": 40,
        "val_expressions": 24,
        "val_j": 0.51,
        "val_f": 0.57,
        "val_j_and_f": 0.54,
        "val_lost": 0.1,
        "val_reappearance_j_and_f": 0.25,
        "val_reappearance_hidden_empty": 0.5,
        "val_absent_empty": None,
    },
    {"step": 60, "val_expressions": 24, "val_j": 0.51, "val_f": 0.57, "val_j_and_f": 0.54},
]
REPORT = {
    "benchmark": "shapes",
    "protocol": "shapes",
    "split": "test",
    "clips": 100,
    "frames": 12,
    "size": [180, 240],
    "seed": 0,
    "model": "me/other",
    "failed": {},
    "scores": {"relation": {"expressions": 50, "j_and_f": 0.4375}, "all": {"j": 0.5, "f": 0.625, "j_and_f": 0.5625}},
}


def write_run(folder, config, records=LOG):
    folder.mkdir(exist_ok=True)
    config = from_mapping(TrainingConfig, {"output_dir": str(folder), **config})
    (folder / "config.json").write_text(json.dumps(dataclasses.asdict(config)))
    (folder / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


@pytest.fixture(scope="module")
def whole_run(tiny_model, tmp_path_factory):
    """A training from nothing, its checkpoint self-contained."""
    folder = tmp_path_factory.mktemp("runs") / "refsam-small"
    config = {
        "model_config": {},
        "train": ["adapters", "mask_decoder"],
        "stages": [
            {"steps": 40, "batch_size": 8, "num_frames": 1, "kinds": {"relation": 2.0, "absent": 1.0, "motion": 0.0}},
            {
                "epochs": 2,
                "datasets": [
                    {"name": "mevis", "root": "/secret/mevis", "split": "train", "weight": 2.0},
                    {"name": "own_clips", "root": "/secret/chairs", "frames": ":50%"},
                ],
            },
        ],
    }
    write_run(folder, config)
    tiny_model().save_pretrained(folder / "best")
    return folder


@pytest.fixture(scope="module")
def adapted_run(tiny_model, tmp_path_factory):
    """An adaptation by LoRA, its checkpoint adapter-only."""
    folder = tmp_path_factory.mktemp("runs") / "night"
    base = folder.parent / "refsam-base"
    tiny_model().save_pretrained(base)
    model = RefSamModel.from_pretrained(base)
    torch.manual_seed(0)
    model.add_adapter(LoraConfig(r=2, target_modules=["attn.proj"], modules_to_save=["mask_decoder"]), "night")
    model.save_adapter(folder / "best", "night")
    config = {"model": str(base), "adaptation": {"method": "lora", "rank": 2}, "stages": [{"steps": 60}]}
    return write_run(folder, config)


def test_of_a_self_contained_checkpoint(whole_run, tmp_path):
    report = REPORT | {"weights_sha256": weights_sha256(RefSamModel.from_pretrained(whole_run / "best"))}
    (tmp_path / "results.json").write_text(json.dumps(report))
    facts = read_training(whole_run, results=(tmp_path / "results.json",))
    card = training_card(facts, "me/refsam-small", license="apache-2.0")
    assert card == (CARDS / "self_contained.md").read_text(encoding="utf-8")
    data = ModelCard(card).data
    assert (data.library_name, data.pipeline_tag) == ("refsam_hf", "mask-generation")
    assert data.base_model is None
    found = {(result.dataset_split, result.metric_type): result.metric_value for result in data.eval_results}
    assert found == {
        ("val", "j_and_f"): 0.54,
        ("val", "j"): 0.51,
        ("val", "f"): 0.57,
        ("test", "j_and_f"): 0.5625,
        ("test", "j"): 0.5,
        ("test", "f"): 0.625,
    }
    assert "secret" not in card


def test_of_an_adaptation(adapted_run):
    card = training_card(read_training(adapted_run))
    assert card == (CARDS / "adapter_only.md").read_text(encoding="utf-8")
    assert str(adapted_run.parent) not in card
    assert ModelCard(card).data.base_model is None, "a folder is none of the Hub's"


def test_bases_on_the_hub_are_named(adapted_run, tmp_path):
    for name, change in {
        "one": {"refsam_checkpoint": "me/refsam-base"},
        "two": {"refsam_checkpoint": None, "vision_checkpoint": "facebook/sam-vit-base", "text_checkpoint": "me/t5"},
    }.items():
        config = json.loads((adapted_run / "best" / "config.json").read_text())
        facts = dataclasses.replace(read_training(adapted_run), checkpoint_config={**config, **change})
        data = ModelCard(training_card(facts)).data
        assert data.base_model == {"one": ["me/refsam-base"], "two": ["facebook/sam-vit-base", "me/t5"]}[name]
        assert data.base_model_relation == "adapter"
    facts = read_training(adapted_run)
    config = {**facts.checkpoint_config, "adapter": None, "refsam_checkpoint": "me/refsam-base"}
    (adapted_run / "best" / "model.safetensors").hardlink_to(
        adapted_run / "best" / "adapter" / "adapter_model.safetensors"
    )
    try:
        card = training_card(dataclasses.replace(facts, checkpoint_config=config))
    finally:
        (adapted_run / "best" / "model.safetensors").unlink()
    assert ModelCard(card).data.base_model_relation == "finetune"


def test_a_start_on_backbones(whole_run):
    facts = read_training(whole_run)
    config = {**facts.config, "backbones": {"vision": "facebook/sam-vit-base", "text": "/secret/t5-small"}}
    card = training_card(dataclasses.replace(facts, config=config))
    assert "It started from the SAM `facebook/sam-vit-base` and the text encoder `t5-small`." in card


def test_the_validation_is_that_of_the_checkpoint(whole_run):
    assert read_training(whole_run).step == 40, "the first of two that are equally good"
    (whole_run / "last").symlink_to(whole_run / "best")
    assert read_training(whole_run, "last").step == 60
    scores = read_training(whole_run).measured[0].scores
    assert scores == {
        "reappearance": {"j_and_f": 0.25, "hidden_empty": 0.5},
        "all": {"expressions": 24, "j": 0.51, "f": 0.57, "j_and_f": 0.54, "lost": 0.1},
    }


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", "{", "config.json: expected JSON, got something else"),
        ("config.json", "[]", "config.json: expected JSON with an object, got list"),
        ("log.jsonl", '{"step": 1}\n', r"log.jsonl: expected a validation, got 1 lines without one"),
        ("log.jsonl", '{"step": 1', "log.jsonl: expected one JSON mapping a line"),
        ("best/config.json", "{}", "config.json: expected an object with 'model_type'"),
    ],
)
def test_what_is_no_training(whole_run, tmp_path, name, content, message):
    (tmp_path / "best").mkdir()
    for path in ("config.json", "log.jsonl", "best/config.json"):
        (tmp_path / path).write_text((whole_run / path).read_text())
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=message):
        read_training(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(OSError, match=name):
        read_training(tmp_path)


def test_results_of_something_else(adapted_run, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(REPORT | {"weights_sha256": "0"}))
    with pytest.raises(ValueError, match=r"results.json: expected results of the weights in .* got those of me/other"):
        read_training(adapted_run, results=(path,))
    path.write_text(json.dumps(REPORT | {"failed": {"a": "no such video"}}))
    with pytest.raises(ValueError, match="expected results of all videos, got 1 that failed"):
        read_training(adapted_run, results=(path,))
    path.write_text(json.dumps(REPORT | {"left_out": {"a": "no such file"}}))
    with pytest.raises(ValueError, match="expected results of all videos, got 1 left out"):
        read_training(adapted_run, results=(path,))
    own = weights_sha256(RefSamModel.from_pretrained(adapted_run / "best"))
    path.write_text(json.dumps(REPORT | {"weights_sha256": own, "protocol": "davis"}))
    with pytest.raises(ValueError, match="expected a protocol of shapes, got 'davis'"):
        read_training(adapted_run, results=(path,))


def test_a_checkpoint_without_weights(whole_run, tmp_path):
    (tmp_path / "best").mkdir()
    for path in ("config.json", "log.jsonl", "best/config.json"):
        (tmp_path / path).write_text((whole_run / path).read_text())
    with pytest.raises(FileNotFoundError, match="expected weights"):
        training_card(read_training(tmp_path))
