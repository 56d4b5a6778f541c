"""PEFT's own methods, through its own calls, on a RefSAM."""

import pytest
import torch
from peft import HRAConfig, IA3Config, LoraConfig, PeftModel, VeraConfig, get_peft_model

from refsam_hf import RefSamAdapterConfig
from refsam_hf.adapters import AdapterLayer

pytestmark = pytest.mark.filterwarnings("ignore:You are trying to modify a model with PEFT for a second time")
LORA = {"r": 4, "target_modules": ["attn.proj"]}


@pytest.fixture
def model(tiny_model):
    return tiny_model()


@pytest.fixture
def plain(tiny_model):
    """Built without adapters of its own."""
    return tiny_model(space_adapter=False, mlp_adapter=False)


METHODS = {
    "LoRA": LoraConfig(**LORA),
    "DoRA": LoraConfig(**LORA, use_dora=True),
    "IA3": IA3Config(target_modules=["attn.proj"], feedforward_modules=[]),
    "VeRA": VeraConfig(r=4, target_modules=["attn.proj"]),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("built_in", [True, False])
def test_methods_start_as_the_model_is_and_train_themselves_alone(method, built_in, tiny_model, masks, trained_parts):
    model = tiny_model(space_adapter=built_in, mlp_adapter=built_in)
    before = masks(model)
    peft_model = get_peft_model(model, METHODS[method])
    torch.testing.assert_close(masks(peft_model), before, atol=1e-5, rtol=0)
    trained = trained_parts(peft_model, "lora_", "ia3_", "vera_")
    assert len(trained) == 1
    with peft_model.disable_adapter():
        assert trained_parts(peft_model) == []
    assert trained_parts(peft_model, "lora_", "ia3_", "vera_") == trained


def test_the_authors_other_option(plain, masks, teach, tiny_model, tmp_path):
    """Low rank updates of the attention's output projections, in all blocks, instead of the adapters."""
    before = masks(plain)
    peft_model = get_peft_model(plain, LoraConfig(**LORA, modules_to_save=["mask_decoder"]))
    assert len(peft_model.base_model.targeted_module_names) == 4
    teach(peft_model, "default")
    after = masks(peft_model)
    assert (after - before).abs().max() > 0.01
    peft_model.save_pretrained(tmp_path)
    again = tiny_model(space_adapter=False, mlp_adapter=False)
    loaded = PeftModel.from_pretrained(again, tmp_path)
    assert torch.equal(masks(loaded), after)
    torch.testing.assert_close(masks(loaded.merge_and_unload()), after, atol=1e-4, rtol=0)


def test_they_are_loaded_on_a_model_with_adapters(model, masks, teach, tiny_model, tmp_path):
    peft_model = get_peft_model(model, LoraConfig(**LORA), adapter_name="low_rank")
    teach(peft_model, "low_rank")
    peft_model.save_pretrained(tmp_path)
    loaded = PeftModel.from_pretrained(tiny_model(), tmp_path / "low_rank", adapter_name="mine")
    assert torch.equal(masks(loaded), masks(peft_model))
    by_transformers = tiny_model()
    by_transformers.load_adapter(tmp_path / "low_rank", "mine")
    assert torch.equal(masks(by_transformers), masks(peft_model))


def test_unloading_them_leaves_the_model_s_own_adapters(model, masks, teach):
    before, keys = masks(model), list(model.state_dict())
    peft_model = get_peft_model(model, LoraConfig(**LORA), adapter_name="low_rank")
    teach(peft_model, "low_rank")
    unloaded = peft_model.unload()
    assert list(unloaded.state_dict()) == keys
    assert torch.equal(masks(unloaded), before)


def test_they_are_merged_where_no_adapter_is_in_between(model, masks, teach):
    keys = list(model.state_dict())
    peft_model = get_peft_model(model, LoraConfig(r=4, target_modules=["attn.qkv"]), adapter_name="low_rank")
    teach(peft_model, "low_rank")
    after = masks(peft_model)
    merged = peft_model.merge_and_unload()
    torch.testing.assert_close(masks(merged), after, atol=1e-4, rtol=0)
    assert list(merged.state_dict()) == keys


def test_they_are_not_merged_past_an_adapter(model, masks, teach):
    """`W + B A` in place of W would stand before the adapter, and not beside both as it was trained."""
    peft_model = get_peft_model(
        model, LoraConfig(**{**LORA, "target_modules": r".*layers\.3\.attn\.proj"}), "low_rank"
    )
    teach(peft_model, "low_rank")
    before = masks(peft_model)
    for call in (peft_model.merge_and_unload, peft_model.merge_adapter):
        with pytest.raises(NotImplementedError, match="cannot be merged into it"):
            call()
        assert torch.equal(masks(peft_model), before)


def test_a_method_that_would_leave_the_adapter_out_is_refused(model, plain, masks):
    before, keys = masks(model), list(model.state_dict())
    with pytest.raises(ValueError, match=r"layers\.2\.attn\.proj: HRALinear rewrites the weight of this layer"):
        get_peft_model(model, HRAConfig(target_modules=["attn.proj"]))
    assert list(model.state_dict()) == keys
    assert torch.equal(masks(model), before)
    torch.testing.assert_close(
        masks(get_peft_model(plain, HRAConfig(target_modules=["attn.proj"]))), masks(plain), atol=1e-5, rtol=0
    )


def test_what_is_out_of_reach_is_said(model, plain):
    config = {"r": 4, "target_modules": r"vision_tower.*lin1"}
    with pytest.warns(UserWarning, match=r"'a' does not reach vision_tower\.layers\.2\.mlp\.lin1, vision_tower"):
        get_peft_model(model, LoraConfig(**config), adapter_name="a")
    assert len(get_peft_model(plain, LoraConfig(**config)).base_model.targeted_module_names) == 4


def test_refsam_adapters_around_and_within_other_methods(tiny_model, masks, teach):
    """In whichever order they come."""
    states = []
    for order in (("low_rank", "night"), ("night", "low_rank")):
        model = tiny_model(space_adapter=False, mlp_adapter=False)
        for name in order:
            model.add_adapter(LoraConfig(**LORA) if name == "low_rank" else RefSamAdapterConfig(), name)
            teach(model, name)
        found = {}
        for name in sorted(order):
            model.set_adapter(name)
            found[name] = masks(model)
        states.append(found)
        model.delete_adapter(list(order))
        assert not any(isinstance(module, AdapterLayer) for module in model.modules())
    assert torch.equal(states[0]["night"], states[1]["night"])
    assert torch.equal(states[0]["low_rank"], states[1]["low_rank"])


def test_the_model_within_is_saved_without_them(model, tmp_path):
    """Also where they have the name of its own adapter, as PEFT gives it to them."""
    model.save_pretrained(tmp_path / "before")
    get_peft_model(model, LoraConfig(**LORA, modules_to_save=["mask_decoder"]))
    with pytest.warns(UserWarning, match="saving the model without its adapters 'default'"):
        model.save_pretrained(tmp_path / "after")
    contents = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("before", "after")]
    assert contents[0] == contents[1]
