import torch
from peft import LoraConfig, inject_adapter_in_model

from refsam_hf import RefSamAdapterConfig
from refsam_hf.adapters import AdapterLayer
from refsam_hf.adapters.removal import remove_adapter


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
    assert model.head.active_adapters == ["two"]
