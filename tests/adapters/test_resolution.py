import pytest

from refsam_hf import RefSamAdapterConfig
from refsam_hf.adapters.resolution import adapted_modules, check_modules_to_save, plain_name, resolve


def test_the_users_config_stays_as_it_was(tiny_model):
    config = RefSamAdapterConfig(layers_to_transform=1, mlp_adapter=False)
    resolved = resolve(config, tiny_model())
    assert config == RefSamAdapterConfig(layers_to_transform=1, mlp_adapter=False)
    assert resolved.target_modules == r"vision_tower\.layers\.(1)\.(attn\.proj)"
    assert resolved.parallel_modules is None
    named = RefSamAdapterConfig(target_modules=["x"])
    assert resolve(named, tiny_model()) == named


def test_names_without_what_is_wrapped_around(tiny_model):
    model = tiny_model()
    places = [f"vision_tower.layers.{index}.{place}" for index in (2, 3) for place in ("attn.proj", "mlp")]
    assert list(adapted_modules(model, "default")) == places
    assert adapted_modules(model, "night") == {}
    assert plain_name("a.base_layer.base_layer.b") == "a.b"


def test_modules_to_save_are_looked_for(tiny_model):
    model = tiny_model()
    check_modules_to_save(RefSamAdapterConfig(modules_to_save=["mask_decoder", "norm1"]), model)
    with pytest.raises(ValueError, match="modules_to_save: RefSamModel has no module 'mask_decodr'"):
        check_modules_to_save(RefSamAdapterConfig(modules_to_save=["mask_decoder", "mask_decodr"]), model)
