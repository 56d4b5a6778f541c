import pytest

from refsam_hf.adapters.built_in import built_in_config, has_built_in


def test_the_config_of_what_a_model_is_built_with(tiny_model):
    model = tiny_model(adapter_layers=[1, 3], adapter_width_ratio=0.5, mlp_adapter_scale=0.7)
    config = built_in_config(model)
    assert (config.width_ratio, config.parallel_scale, config.layers_to_transform) == (0.5, 0.7, [1, 3])
    assert config.target_modules == r"vision_tower\.layers\.(1|3)\.(attn\.proj|mlp)"
    assert list(config.base_layers) == [
        f"vision_tower.layers.{i}.{place}" for i in (1, 3) for place in ("attn.proj", "mlp")
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, True),
        ({"space_adapter": False}, True),
        ({"space_adapter": False, "mlp_adapter": False}, False),
        ({"adapter_layers": []}, False),
    ],
)
def test_which_models_are_built_with_adapters(tiny_model, plain_model, options, expected):
    assert has_built_in(tiny_model(**options)) is expected
    assert not has_built_in(plain_model())
