"""A training that ends on the Hub: what can be pushed is known before it begins."""

import json
from pathlib import Path

import pytest
import yaml

from refsam_hf import TINY_CHECKPOINT
from refsam_hf.training import pushing
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import from_mapping
from refsam_hf.training.pushing import check_push, push_trained

TRAIN = Path(__file__).parents[2] / "examples" / "train.py"


@pytest.fixture
def checked(monkeypatch):
    """The repositories that were asked for; the Hub itself is out of reach here."""
    asked = []
    monkeypatch.setattr(pushing, "check_repository", lambda name, private: asked.append((name, private)))
    return asked


def config_of(options, **changes):
    return from_mapping(TrainingConfig, {**options, "push_to_hub": "me/refsam", **changes})


def test_what_can_be_pushed(checked, options, tiny_model, tmp_path):
    model = tiny_model()
    check_push(from_mapping(TrainingConfig, options), model)
    assert checked == [], "nothing is asked of the Hub"
    check_push(config_of(options), model)
    adapted = {"model": "me/base", "model_config": None, "adaptation": {"method": "lora"}}
    check_push(config_of(options, **adapted, hub_private_repo=True), model)
    check_push(config_of(options, **{**adapted, "model": TINY_CHECKPOINT}, checkpoint_form="adapter"), model)
    local = {"model": str(tmp_path), "model_config": None, "adaptation": {"method": "adapters"}}
    check_push(config_of(options, **local, checkpoint_form="self_contained"), model)
    over_the_hub = tiny_model()
    over_the_hub.config.vision_checkpoint, over_the_hub.config.text_checkpoint = "me/sam", "me/t5"
    check_push(config_of(options, checkpoint_form="adapter", train=["adapters", "mask_decoder"]), over_the_hub)
    assert checked == [("me/refsam", False), ("me/refsam", True), *[("me/refsam", False)] * 3]


def test_what_cannot(checked, options, tiny_model, tmp_path):
    model, over_folders, over_the_hub = tiny_model(), tiny_model(), tiny_model()
    over_folders.config.vision_checkpoint = over_folders.config.text_checkpoint = str(tmp_path)
    over_the_hub.config.vision_checkpoint, over_the_hub.config.text_checkpoint = "me/sam", "me/t5"
    local = {"model": str(tmp_path), "model_config": None}
    for one, changes, message in (
        (model, {"checkpoint_form": "adapter"}, "for a model that was not built over checkpoints"),
        (over_folders, {"checkpoint_form": "adapter"}, f"a model over the folder {tmp_path}, got 'adapter'"),
        (over_the_hub, {"checkpoint_form": "adapter"}, "leaves out vision_tower, which is trained"),
        (model, {**local, "adaptation": {"method": "adapters"}}, f"an adaptation of the folder {tmp_path}: push that"),
        (
            model,
            {**local, "adaptation": {"method": "lora"}, "checkpoint_form": "self_contained"},
            "an adaptation by LoRA is adapter-only, got 'self_contained'",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            check_push(config_of(options, **changes), one)
    assert checked == []
    with pytest.raises(ValueError, match="checkpoint_form: is for push_to_hub, which is not given"):
        from_mapping(TrainingConfig, options | {"checkpoint_form": "adapter"})
    with pytest.raises(ValueError, match="push_to_hub: expected the name of a repository, got none"):
        push_trained(from_mapping(TrainingConfig, options))


RUN = "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["adapter", "self_contained"])
def test_from_the_script_to_the_hub(loopback_hub, tmp_path, form):
    """The bundled checkpoint is adapted; card and checkpoint are in one commit, in either form."""
    options = {
        "output_dir": str(tmp_path / "out"),
        "model": TINY_CHECKPOINT,
        "adaptation": {"method": "adapters", "name": "night", "modules_to_save": ["mask_decoder"]},
        "stages": [{"steps": 1, "batch_size": 1, "num_frames": 1, "frame_sizes": [[160, 160]]}],
        "num_workers": 0,
        "val_clips": 1,
        "val_frames": 2,
        "push_to_hub": "tester/night",
        "checkpoint_form": form,
        "hub_private_repo": True,
    }
    (tmp_path / "training.yaml").write_text(yaml.safe_dump(options), encoding="utf-8")
    loopback_hub.run(RUN, TRAIN, tmp_path / "training.yaml", timeout=300)
    repo = loopback_hub.repos["models", "tester/night"]
    files = loopback_hub.files("tester/night")
    assert repo.private
    assert [title for _, title in repo.titles] == ["first", "Add a RefSAM checkpoint"]
    config, card = json.loads(files["config.json"]), files["README.md"].decode()
    assert ("model.safetensors" in files) == (form == "self_contained")
    assert ("adapter/adapter_model.safetensors" in files) == (form == "adapter")
    assert config["refsam_checkpoint"] == ("refsam-tiny-shapes" if form == "adapter" else None)
    assert "a further RefSAM adapter" in card
    assert "a copy of mask_decoder" in card
    log = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert f"{log[-1]['val_j_and_f']:.3f}" in card
