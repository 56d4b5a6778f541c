"""What of a checkpoint learns, and what is saved of it."""

import pytest
import torch

from refsam_hf import RefSamConfig, RefSamModel
from refsam_hf.training.adaptation import OWN_PARTS, AdaptationConfig, adapt, save_trained
from refsam_hf.training.building import load_for_training
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import from_mapping
from refsam_hf.training.optimizer import parameter_groups

RATES = dict.fromkeys(("vision_tower", "adapters", "text_encoder", *OWN_PARTS), 1e-3)


@pytest.fixture(scope="module")
def checkpoint(tiny_model, tiny_processor, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    tiny_model(text_config={"vocab_size": 500}).save_pretrained(folder)
    tiny_processor.save_pretrained(folder)
    return folder


@pytest.fixture
def model(checkpoint):
    return RefSamModel.from_pretrained(checkpoint)


def learning(model):
    """The names of what learns, without what is the same for all of a part."""
    names = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    for part in OWN_PARTS:
        inside = {name for name in names if name.startswith(f"{part}.modules_to_save.night.")}
        if inside:
            names = names - inside | {part}
    return names


def masks(model, inputs):
    with torch.no_grad():
        return model.eval()(**inputs).pred_masks


def step(model):
    """One step of a training with all that learns."""
    groups = parameter_groups(model, RATES, 0.01)
    for group in groups:
        for parameter in group["params"]:
            parameter.grad = torch.ones_like(parameter)
    torch.optim.AdamW(groups, lr=0.05).step()
    return {group["part"] for group in groups}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"method": "adapters"}, [f"layers.{i}.{m}.refsam_adapter_" for i in (2, 3) for m in ("attn.proj", "mlp")]),
        ({"method": "lora"}, [f"layers.{i}.attn.proj.lora_" for i in range(4)]),
    ],
)
def test_new_weights_learn_beside_the_model_s_own(model, checkpoint, tiny_inputs, tmp_path, options, expected):
    before = masks(model, tiny_inputs)
    adapt(model, AdaptationConfig(name="night", **options))
    assert torch.equal(masks(model, tiny_inputs), before)
    in_tower = learning(model) - set(OWN_PARTS)
    assert set(OWN_PARTS) < learning(model)
    assert {next((place for place in expected if place in name), name) for name in in_tower} == set(expected)
    assert all(".night." in name for name in in_tower)

    assert step(model) == {"adapters", *OWN_PARTS}
    after = masks(model, tiny_inputs)
    assert (after - before).abs().max() > 0.01
    save_trained(model, tmp_path / "best")
    names = {str(path.relative_to(tmp_path / "best")) for path in (tmp_path / "best").rglob("*") if path.is_file()}
    assert names == {"config.json", "adapter/adapter_config.json", "adapter/adapter_model.safetensors"}
    model.set_adapter("default")
    assert torch.equal(masks(model, tiny_inputs), before)

    # whole, or onto the base
    for loaded in (RefSamModel.from_pretrained(tmp_path / "best"), RefSamModel.from_pretrained(checkpoint)):
        if not loaded.added_adapters():
            loaded.load_adapter(tmp_path / "best", "night")
        assert loaded.active_adapters() == ["night"]
        assert torch.equal(masks(loaded, tiny_inputs), after)
        loaded.set_adapter("default")
        assert torch.equal(masks(loaded, tiny_inputs), before)


@pytest.mark.filterwarnings("ignore:adaptation. the new adapter does not start with")
def test_sizes(model):
    adapt(model, AdaptationConfig("adapters", "night", ["mask_decoder"], width_ratio=0.5, layers=[1]))
    assert learning(model) == {
        "mask_decoder",
        *(
            f"vision_tower.layers.1.{module}.refsam_adapter_{side}.night.{kind}"
            for module in ("attn.proj", "mlp")
            for side in ("down", "up")
            for kind in ("weight", "bias")
        ),
    }
    assert model.vision_tower.layers[1].mlp.refsam_adapter_down["night"].out_features == 12
    adapt(model, AdaptationConfig("lora", "low", ["mask_decoder"], rank=2))
    assert model.get_parameter("vision_tower.layers.0.attn.proj.lora_A.low.weight").shape == (2, 24)


def test_an_adapter_that_starts_as_a_copy_is_a_copy(model):
    adapt(model, AdaptationConfig("adapters", "night"))
    layer = model.vision_tower.layers[3].mlp
    copied, own = layer.refsam_adapter_up["night"].weight, layer.refsam_adapter_up["default"].weight
    assert torch.equal(copied, own)
    assert copied.data_ptr() != own.data_ptr()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"width_ratio": 0.5}, r"which has the width_ratio 0\.25, got 0\.5$"),
        ({"layers": [1, 3]}, r"which is also in the blocks \[2\]$"),
    ],
)
def test_an_adapter_that_is_no_copy_changes_the_masks_and_says_so(model, tiny_inputs, options, said):
    before = masks(model, tiny_inputs)
    with pytest.warns(UserWarning, match=f"does not start with the checkpoint's masks: .* {said}"):
        adapt(model, AdaptationConfig("adapters", "night", **options))
    assert (masks(model, tiny_inputs) - before).abs().max() > 0.01


@pytest.mark.filterwarnings("error:adaptation")
def test_further_blocks_change_nothing_at_first(model, tiny_inputs):
    before = masks(model, tiny_inputs)
    adapt(model, AdaptationConfig("adapters", "night", layers=[0, 1, 2, 3]))
    assert torch.equal(masks(model, tiny_inputs), before)


def test_a_model_without_adapters_of_its_own(tiny_model, tiny_inputs, tmp_path):
    bare = tiny_model(space_adapter=False, mlp_adapter=False, implicit_tracking=False)
    bare.save_pretrained(tmp_path)
    model = RefSamModel.from_pretrained(tmp_path)
    before = masks(model, tiny_inputs)
    adapt(model, AdaptationConfig("adapters", "night"))
    assert torch.equal(masks(model, tiny_inputs), before)
    assert sum("refsam_adapter_up.night.weight" in name for name in learning(model)) == 4
    with pytest.raises(ValueError, match="expected parts of the model, got 'implicit_tracking', which it lacks"):
        adapt(model, AdaptationConfig("lora", "other", ["implicit_tracking"]))


def test_full(model, checkpoint, tiny_inputs, tmp_path):
    adapt(model, AdaptationConfig(), ["mask_decoder"])
    assert all(name.startswith("mask_decoder.") for name in learning(model))
    step(model)
    save_trained(model, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors"}
    loaded = RefSamModel.from_pretrained(tmp_path)
    assert torch.equal(masks(loaded, tiny_inputs), masks(model, tiny_inputs))


def test_trained_on(model, tmp_path):
    adapt(model, AdaptationConfig("adapters", "night", ["mask_decoder"]))
    learned = learning(model)
    save_trained(model, tmp_path)
    loaded = RefSamModel.from_pretrained(tmp_path)
    assert learning(loaded) == set()
    adapt(loaded, AdaptationConfig("adapters", "night"))
    assert learning(loaded) == learned
    with pytest.raises(ValueError, match=r"'night' is there, of PeftType\.REFSAM_ADAPTER, got 'lora'"):
        adapt(loaded, AdaptationConfig("lora", "night"))
    with pytest.raises(ValueError, match="for a model that holds the adapter 'night', got 'full'"):
        adapt(loaded, AdaptationConfig())


def test_of_a_configuration(options, checkpoint):
    options |= {"model": str(checkpoint), "model_config": None, "adaptation": {"method": "lora", "name": "night"}}
    model, _ = load_for_training(from_mapping(TrainingConfig, options))
    assert model.active_adapters() == ["night"]
    assert isinstance(model.config, RefSamConfig)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"adaptation": {"method": "adapter"}}, "adaptation.method: expected one of full, adapters, lora"),
        ({"adaptation": {"method": "adapters"}}, "adaptation.method: 'adapters' needs model, a checkpoint to adapt"),
        ({"adaptation": {"rank": 0}}, "adaptation.rank: expected at least 1, got 0"),
        ({"adaptation": {"method": "lora", "layers": [1]}}, "adaptation.layers: expected none with the method 'lora'"),
        ({"adaptation": {"modules_to_save": []}}, "adaptation.modules_to_save: expected none with the method 'full'"),
        (
            {"adaptation": {"method": "lora", "modules_to_save": ["decoder"]}},
            "adaptation.modules_to_save.0: expected one of cross_modal_mlp",
        ),
        (
            {"model": "a", "model_config": None, "adaptation": {"method": "lora"}, "train": ["mask_decoder"]},
            "train: is for the method 'full'",
        ),
        (
            {"model": "a/b/../best", "model_config": None, "adaptation": {"method": "lora"}, "output_dir": "a"},
            "output_dir: expected another folder than a, in which .* over the model that it belongs to, a/b/../best",
        ),
    ],
)
def test_bad_options(options, change, message):
    with pytest.raises(ValueError, match=message):
        from_mapping(TrainingConfig, options | change)
