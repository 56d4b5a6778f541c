"""Training with shards (FSDP2): they learn what whole models learn, and go on bit for bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from refsam_hf import RefSamModel
from refsam_hf.training.optimizer import part_of
from refsam_hf.training.run_checkpoints import RunCheckpoints

SCRIPT = Path(__file__).with_name("two_sharded_processes.py")
CONFIGURATION = Path(__file__).parents[2] / "examples" / "configs" / "accelerate" / "fsdp.yaml"
TIMES = {"clips_per_second", "data_share", "memory_gb"}


def told(folder):
    """What the log says, without the times."""
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [{name: value for name, value in json.loads(line).items() if name not in TIMES} for line in lines]


def launch(folder, options, which):
    """`accelerate launch` with the configuration that is shipped."""
    config = folder / "training.yaml"
    config.write_text(yaml.safe_dump(options), encoding="utf-8")
    launcher = (sys.executable, "-m", "accelerate.commands.launch", "--main_process_port", "0")
    result = subprocess.run(
        [*launcher, "--config_file", str(CONFIGURATION), str(SCRIPT), str(config), str(folder), which],
        env={**os.environ, "ACCELERATE_USE_CPU": "true", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-6000:]
    return folder


def assert_same(folder, other, rtol=1e-5):
    """Two trainings: log, model, checkpoint, but for rounding."""
    for one, two in zip(told(folder), told(other), strict=True):
        assert one == pytest.approx(two, rel=rtol, abs=1e-6)
    files = [path.relative_to(folder) for path in sorted(folder.rglob("*.safetensors"))]
    assert files == [path.relative_to(other) for path in sorted(other.rglob("*.safetensors"))]
    for file in files:
        one, two = load_file(folder / file), load_file(other / file)
        assert set(one) == set(two), file
        for name, weight in one.items():
            apart = ~torch.isclose(weight, two[name], rtol=rtol, atol=2e-6)
            # where a gradient is nearly zero, rounding may turn its sign, and AdamW steps as far whatever its size is
            assert apart.sum() <= max(1, 0.01 * weight.numel()), f"{file}: {name}"


def test_the_documentation_shows_the_configuration():
    document = Path(__file__).parents[2] / "docs" / "training.md"
    assert f"```yaml\n{CONFIGURATION.read_text(encoding='utf-8')}```" in document.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, training_options):
    """The folder of the trainings that two processes did."""
    return launch(tmp_path_factory.mktemp("sharded"), training_options, "goes_on")


def test_the_weights_are_spread_over_the_processes(trained):
    for rank in (0, 1):
        facts = json.loads((trained / "sharded" / f"{rank}.json").read_text())
        assert sorted(facts["units"]) == ["Lessons", "SamVisionLayer", "SamVisionLayer", "T5Block"]
        assert facts["whole"], "the frozen text encoder, which runs when one process needs it"
        assert {part_of(name.removeprefix("model.")) for name in facts["whole"]} == {"text_encoder"}
        assert {share for name, share in facts["shares"].items() if name.endswith("lin1.weight")} == {0.5}
    assert not json.loads((trained / "whole" / "0.json").read_text())["shares"]


def test_shards_learn_what_whole_models_learn(trained):
    """With weights frozen within a unit, clipping, accumulation, recomputed blocks, lessons."""
    losses = [record for record in told(trained / "sharded") if "loss" in record]
    assert [record["step"] for record in losses] == [1, 2]
    assert all(record["grad_norm"] > 0.05 for record in losses), "it is clipped"
    assert {"flow_loss", "memory_loss", "mentions_loss", "places_loss"} <= set(losses[-1])
    assert_same(trained / "whole", trained / "sharded")


def test_shards_go_on_bit_for_bit(trained):
    assert told(trained / "stopped") == told(trained / "sharded")
    for name in ("last/model.safetensors", "checkpoints/step-00000002/optimizer.safetensors"):
        weights, others = (load_file(trained / folder / name) for folder in ("sharded", "stopped"))
        assert set(weights) == set(others)
        assert all(torch.equal(weights[key], weight) for key, weight in others.items())


def test_their_checkpoint_says_what_one_of_whole_models_says(trained):
    manifests = [RunCheckpoints(trained / name / "checkpoints", 100).newest() for name in ("whole", "sharded")]
    assert manifests[0].facts == manifests[1].facts


def test_another_number_of_processes_is_refused(trained, run_training, capsys):
    config = json.loads((trained / "sharded" / "config.json").read_text())
    own = trained / "sharded.yaml"
    own.write_text(yaml.safe_dump(config), encoding="utf-8")
    code, _ = run_training(trained / "sharded", "--resume", "true", config=own)
    assert code == 2
    assert "it had 2 processes, this one has 1" in capsys.readouterr().err


def test_the_model_is_whole(trained):
    averaged = RefSamModel.from_pretrained(trained / "sharded" / "last").state_dict()
    stored = RunCheckpoints(trained / "sharded" / "checkpoints", 100).newest().tensors()
    assert stored["average"]
    for name, weight in stored["average"].items():
        assert torch.equal(averaged[name], weight), name
    assert any(not torch.equal(averaged[name], stored["weights"][f"model.{name}"]) for name in stored["average"])


@pytest.fixture(scope="module")
def variants(tmp_path_factory, training_options):
    return launch(tmp_path_factory.mktemp("variants"), training_options, "variants")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *("text_learns", "text_frozen", "bf16", "one_unit", "gathered_once", "roberta", "adapters", "lora"),
        "without_shards",  # goes on from a checkpoint of shards
    ],
)
def test_variants(variants, name):
    facts = [json.loads((variants / name / kind / "0.json").read_text()) for kind in ("whole", "sharded")]
    assert [bool(of["shares"]) for of in facts] == [name == "without_shards", name != "without_shards"]
    assert_same(variants / name / "whole", variants / name / "sharded")
