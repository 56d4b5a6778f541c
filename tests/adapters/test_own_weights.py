import torch
from peft import LoraConfig

from refsam_hf import RefSamAdapterConfig
from refsam_hf.adapters.own_weights import own_weights


def same(weights, before):
    assert weights.keys() == before.keys()
    return all(torch.equal(weights[key], before[key]) for key in before)


def test_whatever_is_wrapped_around_them(tiny_model, teach):
    model = tiny_model()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    assert same(own_weights(model), before)
    model.add_adapter(LoraConfig(target_modules=["attn.proj"], modules_to_save=["mask_decoder"]), "low rank")
    model.add_adapter(RefSamAdapterConfig(layers_to_transform=[0, 2], modules_to_save=["mask_decoder"]), "night")
    for name in ("low rank", "night"):
        teach(model, name)
    assert same(own_weights(model), before)
    gathered = {key: value + 1 for key, value in model.state_dict().items()}
    assert same(own_weights(model, gathered), {key: value + 1 for key, value in before.items()})


def test_a_model_without_adapters_of_its_own(tiny_model):
    model = tiny_model(space_adapter=False, mlp_adapter=False)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    model.add_adapter(RefSamAdapterConfig(), "default")
    assert same(own_weights(model), before)
