import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model

from refsam_hf import RefSamAdapterConfig
from refsam_hf.adapters import AdapterLayer
from refsam_hf.adapters.removal import all_or_nothing, remove_adapter


def test_the_last_one_leaves_nothing_behind(plain_model):
    model = plain_model()
    keys, x = list(model.state_dict()), torch.randn(2, 12)
    expected = model(x)
    config = RefSamAdapterConfig(target_modules=["mlp"], modules_to_save=["head"], init_weights=False)
    inject_adapter_in_model(config, model, "one")
    assert not torch.equal(model(x), expected)
    remove_adapter(model, "one")
    assert list(model.state_dict()) == keys
    assert torch.equal(model(x), expected)


def test_others_stay(plain_model):
    model = plain_model()
    for name, targets in {"one": ["mlp", "q_proj"], "two": ["mlp"]}.items():
        inject_adapter_in_model(RefSamAdapterConfig(target_modules=targets, modules_to_save=["head"]), model, name)
    inject_adapter_in_model(LoraConfig(target_modules=["q_proj"]), model, "one")
    remove_adapter(model, "one", spared=(AdapterLayer,))
    assert not any("lora" in key for key in model.state_dict())
    assert any(".one." in key for key in model.state_dict())
    remove_adapter(model, "one")
    assert not any(".one." in key for key in model.state_dict())
    assert list(model.blocks[0].mlp.refsam_adapter_up) == ["two"]
    assert isinstance(model.blocks[0].q_proj, torch.nn.Linear)
    assert list(model.head.modules_to_save) == ["two"]


def test_what_fails_leaves_the_model_as_it_was(tiny_model, masks, trained_parts):
    model = tiny_model()
    model.vision_tower.layers[2].mlp.set_adapter("default", inference_mode=True)
    before, keys, trained = masks(model), list(model.state_dict()), trained_parts(model)

    def fail_late():
        with all_or_nothing(model, "one"):
            inject_adapter_in_model(RefSamAdapterConfig(modules_to_save=["mask_decoder"]), model, "one")
            assert not torch.equal(masks(model), before)
            raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"):
        fail_late()
    assert (list(model.state_dict()), trained_parts(model)) == (keys, trained)
    assert torch.equal(masks(model), before)
