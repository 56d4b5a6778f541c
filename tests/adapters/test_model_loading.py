"""Adapters that do not fit, and files that are damaged, by every road on which an adapter is loaded."""

import json
import shutil

import pytest
import torch
from peft import PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import SamConfig, SamModel

from refsam_hf import RefSamAdapterConfig, RefSamModel
from refsam_hf.adapters import AdapterLayer

WEIGHTS = "adapter_model.safetensors"


def by_peft(model, folder):
    return PeftModel.from_pretrained(model, folder, adapter_name="night")


def by_a_peft_model(model, folder):
    peft_model = get_peft_model(model, RefSamAdapterConfig(layers_to_transform=[1]), adapter_name="other")
    peft_model.load_adapter(folder, "night")
    return peft_model


def by_transformers(model, folder):
    model.load_adapter(folder, "night")
    return model


pytestmark = pytest.mark.filterwarnings("ignore:You are trying to modify a model with PEFT for a second time")
every_road = pytest.mark.parametrize("load", [by_peft, by_a_peft_model, by_transformers])


@pytest.fixture(scope="module")
def saved(tiny_model, teach, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapter")
    config = RefSamAdapterConfig(modules_to_save=["cross_modal_mlp"])
    peft_model = get_peft_model(tiny_model(), config, adapter_name="night")
    teach(peft_model, "night")
    peft_model.save_pretrained(folder, selected_adapters=["night"])
    return folder / "night"


@pytest.fixture
def folder(saved, tmp_path):
    """A copy to be damaged."""
    return shutil.copytree(saved, tmp_path / "adapter")


@pytest.fixture
def model(tiny_model):
    return tiny_model()


def adapter_layers(model):
    return [module for module in model.modules() if isinstance(module, AdapterLayer)]


def trained_parts(model):
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


def refuses(load, model, folder, message, error=ValueError, before_loading=True):
    before = {key: value.clone() for key, value in model.state_dict().items()}
    trained = trained_parts(model)
    with pytest.raises(error, match=message):
        load(model, folder)
    if load is not by_a_peft_model and before_loading:  # of which the other adapter stays
        after = model.state_dict()
        assert after.keys() == before.keys()
        assert all(torch.equal(after[key], before[key]) for key in before)
        assert trained_parts(model) == trained
        if isinstance(model, RefSamModel):
            assert model.active_adapters() == ["default"]
            assert all(layer.used_adapters() == ["default"] for layer in adapter_layers(model))


@every_road
def test_one_that_fits(load, model, saved, masks, tiny_model, teach):
    expected = get_peft_model(
        tiny_model(), RefSamAdapterConfig(modules_to_save=["cross_modal_mlp"]), adapter_name="night"
    )
    teach(expected, "night")
    loaded = load(model, saved)
    if load is by_a_peft_model:
        loaded.set_adapter("night")
    assert torch.equal(masks(loaded), masks(expected))


@every_road
def test_another_depth(load, tiny_model, saved):
    model = tiny_model(vision_config={"num_hidden_layers": 6})
    refuses(load, model, saved, "for a depth of 4 in vision_tower.layers, RefSamModel has 6")


@every_road
def test_another_width(load, tiny_model, saved):
    model = tiny_model(vision_config={"hidden_size": 48})
    refuses(load, model, saved, r"layers\.2\.attn\.proj with in_features=24, RefSamModel has 48")


@every_road
def test_other_weights(load, model, saved):
    with torch.no_grad():
        model.vision_tower.layers[3].mlp.base_layer.lin1.weight.normal_(std=0.2)
    refuses(
        load, model, saved, r"for another base: vision_tower\.layers\.3\.mlp has other weights in this RefSamModel"
    )


def test_another_model(saved, plain_model):
    refuses(by_peft, plain_model(), saved, r"for a module vision_tower\.layers\.2\.attn\.proj, PlainModel has none")


@every_road
def test_the_same_weights_in_half_precision(load, model, saved):
    state = load(model.to(torch.bfloat16), saved).state_dict()
    read = {
        key.removeprefix("base_model.model.").replace(".modules_to_save", "").replace(".night", ""): value
        for key, value in state.items()
        if ".night" in key
    }
    weights = {key.removeprefix("base_model.model."): value for key, value in load_file(saved / WEIGHTS).items()}
    assert read.keys() == weights.keys()
    assert all(torch.equal(read[key].bfloat16(), value.bfloat16()) for key, value in weights.items())


def without(weights, key):
    del weights[key]


def with_more(weights, key):
    weights[key.replace("layers.2", "layers.1")] = weights[key].clone()


def narrower(weights, key):
    weights[key] = weights[key][:3].clone()


@every_road
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (without, r"missing: vision_tower\.layers\.2\.mlp\.refsam_adapter_down\.weight$"),
        (with_more, r"unknown: vision_tower\.layers\.1\.mlp\.refsam_adapter_down\.weight$"),
        (
            narrower,
            r"of another shape: vision_tower\.layers\.2\.mlp\.refsam_adapter_down\.weight \(3, 24\) for \(6, 24\)",
        ),
    ],
)
def test_weights_that_are_not_those_of_the_config(load, model, folder, change, problem):
    weights = load_file(folder / WEIGHTS)
    change(weights, "base_model.model.vision_tower.layers.2.mlp.refsam_adapter_down.weight")
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    refuses(load, model, folder, problem)


@every_road
def test_a_weight_of_a_saved_module_is_missing(load, model, folder):
    weights = load_file(folder / WEIGHTS)
    key = next(key for key in weights if "cross_modal_mlp" in key)
    without(weights, key)
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    refuses(load, model, folder, f"missing: {key.removeprefix('base_model.model.')}")


@every_road
@pytest.mark.parametrize("size", [0, 4, 2000, -1])
def test_a_file_that_is_cut_off(load, model, folder, size):
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[:size])
    refuses(load, model, folder, f"{WEIGHTS}: expected whole safetensors files, got one that is damaged")


@every_road
def test_no_weights_at_all(load, model, folder):
    (folder / WEIGHTS).unlink()
    ours = load is by_transformers
    refuses(load, model, folder, str(folder), error=OSError if ours else (OSError, ValueError), before_loading=ours)


def test_pickled_weights_are_not_looked_for(model, folder):
    weights = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    torch.save(weights, folder / "adapter_model.bin")
    refuses(by_transformers, model, folder, WEIGHTS, error=OSError)


def change_config(folder, **changes):
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@every_road
def test_a_config_with_a_value_out_of_range(load, model, folder):
    change_config(folder, width_ratio=-1)
    refuses(load, model, folder, "width_ratio must be above 0, got -1")


@every_road
def test_a_config_of_another_width_than_its_weights(load, model, folder):
    change_config(folder, width_ratio=0.5)
    refuses(load, model, folder, r"\(6, 24\) for \(12, 24\)")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"peft_type": "REFSAM_', "cannot be used"),
        ('{"peft_type": "NONE"}', "not known"),
        ("{}", "no peft_type"),
    ],
)
def test_a_config_that_cannot_be_read(model, folder, content, message):
    (folder / "adapter_config.json").write_text(content)
    refuses(by_transformers, model, folder, f"{folder}: adapter_config.json.*{message}")


def test_a_folder_without_an_adapter(model, tmp_path):
    refuses(by_transformers, model, tmp_path, str(tmp_path))


def test_from_an_adapters_folder_that_names_its_base(model, masks, teach, tmp_path):
    model.save_pretrained(tmp_path / "base")
    base = RefSamModel.from_pretrained(tmp_path / "base")
    peft_model = get_peft_model(base, RefSamAdapterConfig(), adapter_name="night").eval()
    teach(peft_model, "night")
    peft_model.save_pretrained(tmp_path / "adapters")
    loaded = RefSamModel.from_pretrained(tmp_path / "adapters" / "night", adapter_name="night")
    assert loaded.active_adapters() == ["night"]
    torch.testing.assert_close(masks(loaded.eval()), masks(peft_model), atol=1e-5, rtol=0)
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_a_sam_of_transformers(tiny_config, teach, tmp_path):
    """Which knows of adapters in general, and nothing of RefSAM."""
    config = tiny_config()
    sam_config = SamConfig(vision_config=config.vision_config, mask_decoder_config=config.mask_decoder_config)
    torch.manual_seed(0)
    sam = SamModel(sam_config).eval()
    pixels = torch.randn(1, 3, 48, 48)
    with torch.no_grad():
        before = sam.get_image_embeddings(pixels)
        sam.add_adapter(RefSamAdapterConfig(), "night")
        assert torch.equal(sam.get_image_embeddings(pixels), before)
        teach(sam, "night")
        after = sam.get_image_embeddings(pixels)
        assert not torch.equal(after, before)
        sam.save_pretrained(tmp_path)
        sam.disable_adapters()
        assert torch.equal(sam.get_image_embeddings(pixels), before)
        sam.enable_adapters()
        sam.delete_adapter("night")
        assert torch.equal(sam.get_image_embeddings(pixels), before)
        torch.manual_seed(0)
        again = SamModel(sam_config).eval()
        again.load_adapter(tmp_path, "mine")
        assert torch.equal(again.get_image_embeddings(pixels), after)
        torch.manual_seed(1)
        with pytest.raises(ValueError, match="for another base"):
            SamModel(sam_config).load_adapter(tmp_path, "mine")
