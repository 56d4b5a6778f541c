"""From the one form of a checkpoint to the other."""

import shutil

import pytest
import torch
from peft import LoraConfig
from safetensors.torch import load_file, save_file

from refsam_hf import RefSamAdapterConfig, RefSamModel, RefSamProcessor
from refsam_hf.hub.forms import convert_form, fold_adaptation


@pytest.fixture(scope="module")
def model(sam, t5):
    torch.manual_seed(0)
    return RefSamModel.from_vision_text_pretrained(sam[1], t5)


@pytest.fixture(scope="module")
def whole(model, tiny_processor, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "whole"
    model.save_pretrained(folder)
    tiny_processor.save_pretrained(folder)
    return folder


def masks(model, inputs):
    with torch.no_grad():
        return model(**inputs).pred_masks


def test_there_and_back(whole, model, tmp_path):
    assert convert_form(whole, tmp_path / "there") == "adapter-only"
    assert convert_form(tmp_path / "there", tmp_path / "back") == "self-contained"
    assert not list((tmp_path / "there").glob("*.safetensors"))
    assert (tmp_path / "back" / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    for name in ("there", "back"):
        assert RefSamProcessor.from_pretrained(tmp_path / name).tokenize("red circle")[0].shape == (1, 3)


def adapted(base, config, tmp_path):
    """An adaptation that says something, saved; with its masks."""
    model = RefSamModel.from_pretrained(base)
    model.add_adapter(config, "night")
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.3)
    model.save_adapter(tmp_path / "night", "night")
    RefSamProcessor.from_pretrained(base).save_pretrained(tmp_path / "night")
    return model.eval()


@pytest.mark.parametrize(
    "config",
    [
        RefSamAdapterConfig(init_weights="default", modules_to_save=["mask_decoder", "implicit_tracking"]),
        pytest.param(
            RefSamAdapterConfig(layers_to_transform=[0, 2], width_ratio=0.5, parallel_scale=2.0),
            marks=pytest.mark.slow,
        ),
        pytest.param(RefSamAdapterConfig(space_adapter=False, layers_to_transform=[1]), marks=pytest.mark.slow),
    ],
    ids=["as the model's own", "other places and sizes", "one of the two"],
)
def test_an_adaptation_becomes_a_model_of_its_own(whole, config, tmp_path, tiny_inputs):
    model = adapted(whole, config, tmp_path)
    assert convert_form(tmp_path / "night", tmp_path / "whole") == "self-contained"
    loaded = RefSamModel.from_pretrained(tmp_path / "whole")
    assert torch.equal(masks(loaded, tiny_inputs), masks(model, tiny_inputs))
    model.set_adapter("default")
    assert (masks(loaded, tiny_inputs) - masks(model, tiny_inputs)).abs().max() > 0.01
    # and that has the other form again, over the same SAM and text encoder
    assert convert_form(tmp_path / "whole", tmp_path / "again") == "adapter-only"
    again = RefSamModel.from_pretrained(tmp_path / "again").state_dict()
    assert all(torch.equal(value, again[name]) for name, value in loaded.state_dict().items())


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            LoraConfig(target_modules=["attn.proj"]),
            "got 'night' of the method LORA: it stays in the adapter",
        ),
        (RefSamAdapterConfig(serial_scale=0.5), r"serial adapters of the scale 1 in 'night', got 0\.5"),
        (RefSamAdapterConfig(target_modules=["layers.1.attn.qkv"]), r"got them at \['1\.attn\.qkv'\]"),
        (
            RefSamAdapterConfig(target_modules=["lin1"]),
            "the adapters of 'night' behind attn.proj, beside mlp",
        ),
        (
            RefSamAdapterConfig(
                target_modules=["layers.1.attn.proj", "layers.2.mlp"], parallel_modules=["layers.2.mlp"]
            ),
            r"in the same blocks of the vision tower, got them at \['1\.attn\.proj', '2\.mlp'\]",
        ),
    ],
)
def test_adaptations_that_cannot(tiny_model, config, message):
    model = tiny_model()
    model.add_adapter(config, "night")
    with pytest.raises(ValueError, match=message):
        fold_adaptation(model, "night")


def test_backbones_are_named_anew(whole, sam, t5, tmp_path):
    """Where the config names none, or others; they have to be the model's."""
    unnamed = shutil.copytree(whole, tmp_path / "unnamed")
    text = (unnamed / "config.json").read_text()
    (unnamed / "config.json").write_text(text.replace('"vision_checkpoint"', '"_unused"'))
    with pytest.raises(ValueError, match="built over a SAM and a text checkpoint"):
        convert_form(unnamed, tmp_path / "out")
    moved = shutil.copytree(sam[1], tmp_path / "moved")
    convert_form(unnamed, tmp_path / "out", vision=moved, text=t5)
    assert RefSamModel.from_pretrained(tmp_path / "out").config.vision_checkpoint == str(moved)

    weights = load_file(moved / "model.safetensors")
    weights["vision_encoder.pos_embed"] += 1
    save_file(weights, moved / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=f"expected the weights of {moved} in the model's vision backbone"):
        convert_form(unnamed, tmp_path / "other", vision=moved)
    with pytest.raises(ValueError, match="expected neither vision nor text for an adapter-only checkpoint"):
        convert_form(tmp_path / "out", tmp_path / "other", vision=moved)
    assert not (tmp_path / "other").exists()


def test_the_output_is_new(whole, tmp_path):
    (tmp_path / "there").write_text("a file")
    with pytest.raises(FileExistsError, match="there"):
        convert_form(whole, tmp_path / "there")
