"""Checkpoints of the model: whole, self-contained, with fixed names."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel

from refsam_hf import RefSamModel

KEYS = Path(__file__).parent / "fixtures" / "state_dict_keys.txt"


@pytest.fixture(scope="module")
def model(tiny_model):
    """Not to be changed by a test."""
    return tiny_model()


def spoil(folder, new_folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, new_folder / "model.safetensors", metadata={"format": "pt"})
    (new_folder / "config.json").write_text((folder / "config.json").read_text())
    return new_folder


def test_the_names_of_the_weights_are_fixed(model):
    """The checkpoints that are out there hold these names: a change of this list makes them unreadable."""
    names = [f"{name} {'x'.join(map(str, value.shape)) or 'scalar'}" for name, value in model.state_dict().items()]
    assert names == KEYS.read_text().splitlines()


def test_a_checkpoint_is_a_config_and_safetensors(tiny_folder):
    assert sorted(path.name for path in tiny_folder.iterdir()) == ["config.json", "model.safetensors"]
    config = json.loads((tiny_folder / "config.json").read_text())
    assert (config["model_type"], config["architectures"]) == ("refsam", ["RefSamModel"])
    stored = set(load_file(tiny_folder / "model.safetensors"))
    names = {line.split()[0] for line in KEYS.read_text().splitlines()}
    assert stored == names - {"text_encoder.encoder.embed_tokens.weight"}  # T5's, which is its shared.weight


@pytest.mark.parametrize("model_class", [RefSamModel, AutoModel])
def test_it_comes_back_bit_for_bit(model, tiny_folder, model_class, tiny_inputs):
    loaded = model_class.from_pretrained(tiny_folder)
    assert type(loaded) is RefSamModel
    assert not loaded.training
    weights = loaded.state_dict()
    assert weights.keys() == model.state_dict().keys()
    for name, value in model.state_dict().items():
        assert torch.equal(weights[name], value), name
    trained = {name for name, parameter in loaded.named_parameters() if parameter.requires_grad}
    assert trained == {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    with torch.no_grad():
        expected = model(**tiny_inputs)
        assert torch.equal(loaded(**tiny_inputs).pred_masks, expected.pred_masks)


def test_several_files_come_back_too(model, tmp_path):
    model.save_pretrained(tmp_path, max_shard_size="100KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    weights = RefSamModel.from_pretrained(tmp_path).state_dict()
    assert all(torch.equal(weights[name], value) for name, value in model.state_dict().items())


def test_loading_info_is_there_for_who_asks(tiny_folder):
    loaded, info = RefSamModel.from_pretrained(tiny_folder, output_loading_info=True)
    assert isinstance(loaded, RefSamModel)
    assert not info["missing_keys"]


# of every part, among them names that the loading rules of T5 ("decoder" is overlooked) would hit
PARTS = [
    "vision_tower.layers.3.mlp.refsam_adapter_up.default.weight",
    "vision_tower.layers.2.attn.proj.base_layer.bias",
    "text_encoder.encoder.final_layer_norm.weight",
    "cross_modal_mlp.layers.0.weight",
    "hierarchical_dense_attention.level_weights",
    "mask_decoder.output_hypernetworks_mlps.0.proj_in.weight",
    "implicit_tracking.self_attn.in_proj_weight",
    "shared_image_embedding.positional_embedding",
    "no_mask_embed.weight",
]


@pytest.mark.parametrize("name", PARTS)
def test_a_missing_weight_is_named(tiny_folder, tmp_path, name):
    spoil(tiny_folder, tmp_path, lambda weights: weights.pop(name))
    with pytest.raises(ValueError, match=f"{tmp_path}: expected exactly the weights .* got these missing: {name}$"):
        RefSamModel.from_pretrained(tmp_path)


@pytest.mark.parametrize("name", ["extra.weight", "mask_decoder.extra.weight", "text_encoder.decoder.weight"])
def test_an_unknown_weight_is_named(tiny_folder, tmp_path, name):
    spoil(tiny_folder, tmp_path, lambda weights: weights.update({name: torch.zeros(2)}))
    with pytest.raises(ValueError, match=f"got these unknown: {name}$"):
        RefSamModel.from_pretrained(tmp_path)


@pytest.mark.parametrize("name", PARTS)
def test_a_weight_of_another_shape_is_named(tiny_folder, tmp_path, name):
    spoil(tiny_folder, tmp_path, lambda weights: weights.update({name: torch.zeros(2, 3)}))
    with pytest.raises(ValueError, match=rf"got these of another shape: {name} \(2, 3\) for \([\d, ]+\)$"):
        RefSamModel.from_pretrained(tmp_path)


def test_weights_of_another_config_are_named(model, tiny_folder, tmp_path):
    """An adapter trained on other blocks must not load silently."""
    spoil(tiny_folder, tmp_path, lambda weights: None)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "adapter_layers": [1, 3]}))
    with pytest.raises(ValueError, match=r"missing: vision_tower\.layers\.1\.attn\.proj\.base_layer"):
        RefSamModel.from_pretrained(tmp_path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        RefSamModel.from_pretrained(tmp_path / "nowhere")


def test_pickles_are_not_read(model, tiny_folder, tmp_path):
    (tmp_path / "config.json").write_text((tiny_folder / "config.json").read_text())
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(OSError, match=r"model\.safetensors"):
        RefSamModel.from_pretrained(tmp_path)


def test_a_cut_file_is_refused(tiny_folder, tmp_path):
    spoil(tiny_folder, tmp_path, lambda weights: None)
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=f"{tmp_path}: expected whole safetensors files, got one that is damaged"):
        RefSamModel.from_pretrained(tmp_path)
