"""transformers' calls on a model that is built with adapters of its own."""

import copy
import warnings

import pytest
import torch
from peft import AdaLoraConfig, IA3Config, LoHaConfig, LoKrConfig, LoraConfig, get_peft_model
from peft.tuners.lora.config import KasaConfig

from refsam_hf import RefSamAdapterConfig, RefSamModel

LORA = {"r": 4, "target_modules": ["attn.proj"]}  # the authors' other option


@pytest.fixture
def model(tiny_model):
    return tiny_model()


def test_the_model_s_own_adapter_is_there_from_the_start(model, masks, tiny_model):
    first = masks(model)
    assert model.active_adapters() == ["default"]
    model.disable_adapters()
    assert (masks(model) - first).abs().max() > 0.01
    model.enable_adapters()
    assert torch.equal(masks(model), first)
    model.set_adapter("default")
    assert torch.equal(masks(model), first)
    own = model.get_adapter_state_dict("default")
    assert len(own) == 16
    assert own["vision_tower.layers.3.mlp.refsam_adapter_up.bias"].shape == (24,)
    assert not hasattr(model, "peft_config")  # or PEFT takes the model for one that something was added to


def test_an_adapter_is_added_trained_and_left_again(model, masks, teach, trained_parts):
    first, keys, trained = masks(model), list(model.state_dict()), trained_parts(model)
    model.add_adapter(RefSamAdapterConfig(modules_to_save=["mask_decoder", "implicit_tracking"]), "night")
    assert model.active_adapters() == ["night"]
    assert list(model.peft_config) == ["default", "night"]
    parts = ("mask_decoder.modules_to_save.night", "implicit_tracking.modules_to_save.night", ".night.")
    assert trained_parts(model, *parts) == sorted(parts)
    teach(model, "night")
    second = masks(model)
    assert (second - first).abs().max() > 0.01
    for _ in range(2):
        model.set_adapter("default")
        assert torch.equal(masks(model), first)
        model.set_adapter("night")
        assert torch.equal(masks(model), second)
    model.delete_adapter("night")
    assert model.active_adapters() == ["default"]
    assert torch.equal(masks(model), first)
    assert list(model.state_dict()) == keys
    assert trained_parts(model) == trained
    assert not hasattr(model, "peft_config")


def test_adapters_of_several_methods_on_one_base(model, masks, teach, tiny_model):
    without = tiny_model()
    without.disable_adapters()
    bare = masks(without)
    states = {"default": masks(model)}
    for name, config in {
        "shapes": RefSamAdapterConfig(modules_to_save=["mask_decoder"]),
        "low rank": LoraConfig(**LORA, modules_to_save=["mask_decoder", "cross_modal_mlp"]),
        "more shapes": RefSamAdapterConfig(layers_to_transform=[0, 2], width_ratio=0.5),
        "scaled": IA3Config(target_modules=["attn.qkv"], feedforward_modules=[]),
    }.items():
        model.add_adapter(config, name)
        teach(model, name)
        states[name] = masks(model)
    assert all((states[a] - states[b]).abs().max() > 0.01 for a in states for b in states if a < b)
    for name in [*states, *reversed(states)]:
        model.set_adapter(name)
        assert torch.equal(masks(model), states[name])
        model.disable_adapters()
        assert torch.equal(masks(model), bare)
        model.enable_adapters()
        assert torch.equal(masks(model), states[name])
    for name in list(states)[1:]:
        model.set_adapter(name)
        model.delete_adapter(name)
        assert torch.equal(masks(model), states["default"])


def test_another_method_acts_on_top_of_the_model_s_own_adapter(model, masks, trained_parts):
    first = masks(model)
    model.add_adapter(LoraConfig(**LORA), "low rank")
    assert torch.equal(masks(model), first)
    assert trained_parts(model, "lora_A", "lora_B") == ["lora_A", "lora_B"]
    model.disable_adapters()
    model.enable_adapters()
    assert trained_parts(model, "lora_A", "lora_B") == ["lora_A", "lora_B"]


@pytest.mark.parametrize(
    "config",
    [
        LoraConfig(**LORA),
        LoraConfig(**LORA, use_dora=True),
        IA3Config(target_modules=["attn.proj", "lin2"], feedforward_modules=["lin2"]),
        LoHaConfig(r=2, target_modules=["attn.qkv"]),
        LoKrConfig(r=2, target_modules=["attn.proj"]),
        RefSamAdapterConfig(modules_to_save=["hierarchical_dense_attention"]),
    ],
    ids=lambda config: type(config).__name__ + "+" * getattr(config, "use_dora", False),
)
@pytest.mark.filterwarnings("ignore:adapter 'new' does not reach")
def test_what_is_saved_is_loaded(config, model, masks, teach, tiny_model):
    model.add_adapter(copy.deepcopy(config), "new")
    teach(model, "new")
    other = tiny_model()
    first = masks(other)
    weights = {f"base_model.model.{key}": value for key, value in model.get_adapter_state_dict("new").items()}
    assert not any("default" in key for key in weights)
    other.load_adapter(peft_config=copy.deepcopy(config), adapter_state_dict=weights, adapter_name="loaded")
    assert torch.equal(masks(other), masks(model))
    assert (masks(other) - first).abs().max() > 0.01
    assert not any(parameter.requires_grad for parameter in other.parameters())
    other.set_adapter("default")
    assert torch.equal(masks(other), first)


def test_loaded_to_be_trained_on(model, teach, tiny_model, trained_parts):
    model.add_adapter(RefSamAdapterConfig(), "new")
    config, weights = model.peft_config["new"], model.get_adapter_state_dict()
    other = tiny_model()
    other.load_adapter(peft_config=config, adapter_state_dict=weights, adapter_name="new", is_trainable=True)
    assert trained_parts(other, ".new.") == [".new."]


def test_two_at_once(model, masks, teach):
    for name in ("one", "two"):
        model.add_adapter(RefSamAdapterConfig(), name)
        teach(model, name)
    two = masks(model)
    model.set_adapter(["one", "two"])
    assert model.active_adapters() == ["one", "two"]
    assert not torch.equal(masks(model), two)
    model.delete_adapter("one")
    assert torch.equal(masks(model), two)


def test_save_pretrained_stays_self_contained(model, masks, teach, tmp_path):
    first, keys = masks(model), set(model.state_dict())
    model.save_pretrained(tmp_path / "before")
    model.add_adapter(RefSamAdapterConfig(modules_to_save=["mask_decoder"], layers_to_transform=[1, 2]), "night")
    model.add_adapter(LoraConfig(**LORA), "low rank")
    for name in ("night", "low rank"):
        teach(model, name)
    with pytest.warns(UserWarning, match="saving the model without its adapters 'night', 'low rank'"):
        model.save_pretrained(tmp_path / "after")
    assert {path.name for path in (tmp_path / "after").iterdir()} == {"config.json", "model.safetensors"}
    contents = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("before", "after")]
    assert contents[0] == contents[1]
    loaded = RefSamModel.from_pretrained(tmp_path / "after").eval()
    assert set(loaded.state_dict()) == keys
    torch.testing.assert_close(masks(loaded), first, atol=1e-5, rtol=0)


def test_a_model_without_adapters_of_its_own(tiny_model, masks, teach):
    model = tiny_model(space_adapter=False, mlp_adapter=False)
    first, keys = masks(model), list(model.state_dict())
    for call in (model.disable_adapters, model.active_adapters, lambda: model.set_adapter("default")):
        with pytest.raises(ValueError, match="there is no adapter: add or load one first"):
            call()
    model.add_adapter(LoraConfig(**LORA))
    assert model.active_adapters() == ["default"]
    assert torch.equal(masks(model), first)
    teach(model, "default")
    assert not torch.equal(masks(model), first)
    model.disable_adapters()
    assert torch.equal(masks(model), first)
    model.delete_adapter("default")
    assert torch.equal(masks(model), first)
    assert list(model.state_dict()) == keys


@pytest.mark.parametrize(
    ("config", "name", "message"),
    [
        (RefSamAdapterConfig(), None, r"already an adapter 'default' \(the one that the model is built with\)"),
        (LoraConfig(**LORA), "default", "already an adapter 'default'"),
        (LoraConfig(**LORA), "there", "already an adapter 'there': give the new one another"),
        (LoraConfig(**LORA), "mlp", "cannot be called 'mlp': a module of the model has that name"),
        (RefSamAdapterConfig(layers_to_transform=[4]), "new", r"blocks in 0\.\.3 of vision_tower, got \[4\]"),
        (RefSamAdapterConfig(layers_to_transform=[]), "new", r"blocks in 0\.\.3 of vision_tower, got \[\]"),
        (RefSamAdapterConfig(space_adapter=False, mlp_adapter=False), "new", "expected something to adapt"),
        (RefSamAdapterConfig(init_weights="there", width_ratio=0.5), "new", "'there' must have its width, 6, got 12"),
        (LoraConfig(r=4, target_modules=["prog"]), "new", "prog.* not found in the base model"),
    ],
)
def test_what_cannot_be_added_leaves_everything_alone(model, masks, teach, trained_parts, config, name, message):
    model.add_adapter(RefSamAdapterConfig(modules_to_save=["mask_decoder"]), "there")
    teach(model, "there")
    before, keys, trained = masks(model), list(model.state_dict()), trained_parts(model)
    with pytest.raises(ValueError, match=message):
        model.add_adapter(config, name)
    assert model.active_adapters() == ["there"]
    assert list(model.peft_config) == ["default", "there"]
    assert (list(model.state_dict()), trained_parts(model)) == (keys, trained)
    assert torch.equal(masks(model), before)


@pytest.mark.parametrize(
    "options",
    [{"init_lora_weights": name} for name in ("pissa", "pissa_niter_4", "OLoRA", "corda")]
    + [{"kasa_config": KasaConfig()}],
)
def test_a_lora_that_rewrites_the_model_s_own_weights_is_refused(model, options):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    config = LoraConfig(**LORA, **options)
    (got,) = options
    with pytest.raises(ValueError, match=f"leaves the model's own weights alone, .* got .*{got}"):
        model.add_adapter(config, "new")
    with pytest.raises(ValueError, match=f"leaves the model's own weights alone, .* got .*{got}"):
        model.load_adapter(peft_config=config, adapter_state_dict={}, adapter_name="new")
    assert model.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_names_that_are_not_there(model):
    model.add_adapter(RefSamAdapterConfig(), "night")
    for call in (model.set_adapter, model.delete_adapter, model.get_adapter_state_dict):
        with pytest.raises(ValueError, match=r"expected adapters among \['default', 'night'\], got 'nigth'"):
            call("nigth")
    with pytest.raises(ValueError, match="the adapter that the model is built with and cannot be deleted"):
        model.delete_adapter(["night", "default"])
    assert model.active_adapters() == ["night"]
    with pytest.raises(ValueError, match="expected peft_model_id, or peft_config and adapter_state_dict"):
        model.load_adapter(peft_config=RefSamAdapterConfig())
    with pytest.raises(ValueError, match="hotswap=True is not supported"):
        model.load_adapter(peft_config=RefSamAdapterConfig(), adapter_state_dict={}, hotswap=True)


def test_low_rank_adapters_saved_by_peft_under_the_name_default(model, masks, teach, tiny_model, tmp_path):
    """Such a file holds the model's own adapters too: they are compared, and left."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You are trying to modify a model with PEFT for a second time")
        peft_model = get_peft_model(model, LoraConfig(**LORA))
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                parameter.fill_(0.2)
    peft_model.save_pretrained(tmp_path)
    other = tiny_model()
    first = masks(other)
    other.load_adapter(tmp_path, "low rank")
    assert torch.equal(masks(other), masks(peft_model))
    other.set_adapter("default")
    assert torch.equal(masks(other), first)
    teach(model := tiny_model(), "default")
    with pytest.raises(ValueError, match="for a model with other RefSAM adapters of its own, see vision_tower"):
        model.load_adapter(tmp_path, "low rank")


def test_a_copy_of_the_model_has_copies_of_its_adapters(model, masks, teach):
    model.add_adapter(RefSamAdapterConfig(), "night")
    copied = copy.deepcopy(model)
    teach(model, "night")
    before = masks(copied)
    copied.set_adapter("default")
    copied.set_adapter("night")
    assert torch.equal(masks(copied), before)
    assert not torch.equal(masks(model), before)


def test_adaptive_ranks(model, masks):
    before = masks(model)
    model.add_adapter(AdaLoraConfig(init_r=4, target_r=2, total_step=10, target_modules=["attn.qkv"]), "adaptive")
    torch.testing.assert_close(masks(model), before, atol=1e-5, rtol=0)
