"""The tuner through PEFT's own calls, on a RefSAM and on models that know nothing of it."""

import json

import pytest
import torch
from peft import PeftModel, get_peft_model
from torch import nn

from refsam_hf import RefSamAdapterConfig
from refsam_hf.adapters import AdapterLayer, ParallelAdapter, RefSamAdapterModel, SerialAdapter


@pytest.fixture
def model(tiny_model):
    return tiny_model()


def bare(tiny_model):
    """The same weights without any adapter."""
    model = tiny_model()
    model.disable_adapters()
    return model


def adapted(model, name):
    return {
        key.removeprefix("base_model.model."): type(module)
        for key, module in model.named_modules()
        if isinstance(module, AdapterLayer) and name in module.refsam_adapter_down
    }


@pytest.mark.filterwarnings("ignore:You are trying to modify a model with PEFT for a second time")
class TestRefSam:
    def test_the_paper_s_places_by_default(self, model):
        peft_model = get_peft_model(model, RefSamAdapterConfig(), adapter_name="night")
        assert isinstance(peft_model.base_model, RefSamAdapterModel)
        assert adapted(peft_model, "night") == adapted(peft_model, "default")
        assert adapted(peft_model, "night") == {
            "vision_tower.layers.2.attn.proj": SerialAdapter,
            "vision_tower.layers.2.mlp": ParallelAdapter,
            "vision_tower.layers.3.attn.proj": SerialAdapter,
            "vision_tower.layers.3.mlp": ParallelAdapter,
        }
        layer = model.vision_tower.layers[3]
        assert layer.mlp.refsam_adapter_down["night"].weight.shape == (6, 24)
        assert (layer.attn.proj.refsam_adapter_scale["night"], layer.mlp.refsam_adapter_scale["night"]) == (1.0, 0.5)

    def test_its_options(self, model):
        config = RefSamAdapterConfig(
            width_ratio=0.5, mlp_adapter=False, serial_scale=0.25, layers_to_transform=[0, 3], modules_to_save=None
        )
        peft_model = get_peft_model(model, config, adapter_name="night")
        places = {f"vision_tower.layers.{index}.attn.proj": SerialAdapter for index in (0, 3)}
        assert adapted(peft_model, "night") == places
        proj = model.vision_tower.layers[0].attn.proj
        assert proj.refsam_adapter_up["night"].weight.shape == (24, 12)
        assert proj.refsam_adapter_scale["night"] == 0.25
        assert config == RefSamAdapterConfig(
            width_ratio=0.5, mlp_adapter=False, serial_scale=0.25, layers_to_transform=[0, 3]
        )  # the user's own is as it was, to be used again

    def test_it_starts_as_the_identity(self, model, masks, tiny_model):
        expected = masks(bare(tiny_model))
        peft_model = get_peft_model(model, RefSamAdapterConfig(), adapter_name="night")
        assert torch.equal(masks(peft_model), expected)

    def test_or_as_a_copy_of_what_the_model_was_built_with(self, model, masks, teach):
        before = masks(model)
        config = RefSamAdapterConfig(init_weights="default")
        peft_model = get_peft_model(model, config, adapter_name="night")
        assert torch.equal(masks(peft_model), before)
        teach(peft_model, "night")
        assert (masks(peft_model) - before).abs().max() > 0.01
        peft_model.set_adapter("default")
        assert torch.equal(masks(peft_model), before)

    def test_only_the_adapter_and_the_modules_to_save_are_trained(self, model, trained_parts):
        config = RefSamAdapterConfig(modules_to_save=["mask_decoder"])
        peft_model = get_peft_model(model, config, adapter_name="night")
        parts = ("mask_decoder.modules_to_save.night", "refsam_adapter_down.night", "refsam_adapter_up.night")
        assert trained_parts(peft_model, *parts) == sorted(parts)

    def test_several_are_switched_bit_for_bit(self, model, masks, teach, tiny_model):
        first, without = masks(model), masks(bare(tiny_model))
        peft_model = get_peft_model(model, RefSamAdapterConfig(modules_to_save=["mask_decoder"]), adapter_name="a")
        peft_model.add_adapter("b", RefSamAdapterConfig(space_adapter=False, width_ratio=0.5))
        states = {"default": first}
        for name in "ab":
            teach(peft_model, name)
            peft_model.set_adapter(name)
            states[name] = masks(peft_model)
            assert (states[name] - first).abs().max() > 0.01
        for name in ("default", "b", "a", "default"):
            peft_model.set_adapter(name)
            assert torch.equal(masks(peft_model), states[name])
            with peft_model.disable_adapter():
                assert torch.equal(masks(peft_model), without)
            assert torch.equal(masks(peft_model), states[name])

    def test_training_one_leaves_the_others(self, model, masks, tiny_inputs):
        first = masks(model)
        peft_model = get_peft_model(model, RefSamAdapterConfig(modules_to_save=["mask_decoder"]), adapter_name="a")
        before = masks(peft_model)
        labels = torch.zeros(1, 2, 3, 48, 48)
        labels[..., 10:30, 10:30] = 1
        trained = [parameter for parameter in peft_model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.SGD(trained, lr=0.1)
        for _ in range(2):  # the first step moves U away from zero, and gives V gradients
            optimizer.zero_grad()
            peft_model.train()(**tiny_inputs, labels=labels).loss.backward()
            assert all(parameter.grad is None for parameter in peft_model.parameters() if not parameter.requires_grad)
            optimizer.step()
        for name, parameter in peft_model.named_parameters():
            if "refsam_adapter" in name and parameter.requires_grad:
                assert parameter.grad.abs().max() > 0
        peft_model.eval()
        assert not torch.equal(masks(peft_model), before)
        peft_model.set_adapter("default")
        assert torch.equal(masks(peft_model), first)

    def test_the_name_of_the_model_s_own_is_taken(self, model, masks):
        before, keys = masks(model), list(model.state_dict())
        with pytest.raises(ValueError, match="'default' is the adapter that this RefSamModel is built with"):
            get_peft_model(model, RefSamAdapterConfig())
        assert list(model.state_dict()) == keys
        assert torch.equal(masks(model), before)

    def test_a_model_built_without_adapters_has_that_name_free(self, tiny_model, masks):
        model = tiny_model(space_adapter=False, mlp_adapter=False)
        before, keys = masks(model), list(model.state_dict())
        peft_model = get_peft_model(model, RefSamAdapterConfig())
        assert torch.equal(masks(peft_model), before)
        assert len(adapted(peft_model, "default")) == 4
        assert list(peft_model.unload().state_dict()) == keys

    def test_unload_gives_the_model_back_as_it_was(self, model, masks, teach):
        before, keys = masks(model), list(model.state_dict())
        config = RefSamAdapterConfig(layers_to_transform=[1, 2], modules_to_save=["mask_decoder"])
        peft_model = get_peft_model(model, config, adapter_name="a")
        teach(peft_model, "a")
        unloaded = peft_model.unload()
        assert unloaded is model
        assert list(unloaded.state_dict()) == keys
        assert torch.equal(masks(unloaded), before)
        assert not hasattr(unloaded, "peft_config")

    @pytest.mark.parametrize("call", ["merge_and_unload", "merge_adapter", "unmerge_adapter"])
    def test_it_says_that_it_cannot_be_merged(self, model, masks, call):
        peft_model = get_peft_model(model, RefSamAdapterConfig(), adapter_name="a")
        before = masks(peft_model)
        with pytest.raises(NotImplementedError, match=r"cannot be merged into the base model; unload\(\)"):
            getattr(peft_model, call)()
        assert torch.equal(masks(peft_model), before)

    def test_one_is_deleted_but_not_the_model_s_own(self, model, masks):
        before = masks(model)
        peft_model = get_peft_model(model, RefSamAdapterConfig(), adapter_name="a")
        with pytest.raises(ValueError, match="'default' is the adapter that the model is built with"):
            peft_model.delete_adapter("default")
        with pytest.warns(UserWarning, match="Setting active adapter to default"):
            peft_model.delete_adapter("a")
        assert torch.equal(masks(peft_model), before)

    def test_saved_and_loaded_by_peft(self, model, masks, teach, tiny_model, tmp_path):
        first = masks(model)
        peft_model = get_peft_model(model, RefSamAdapterConfig(modules_to_save=["mask_decoder"]), adapter_name="a")
        teach(peft_model, "a")
        expected = masks(peft_model)
        peft_model.save_pretrained(tmp_path)
        loaded = PeftModel.from_pretrained(tiny_model(), tmp_path / "a", adapter_name="mine")
        assert torch.equal(masks(loaded), expected)
        assert not any(parameter.requires_grad for parameter in loaded.parameters())
        loaded.set_adapter("default")
        assert torch.equal(masks(loaded), first)

    def test_what_is_saved(self, model, tmp_path):
        get_peft_model(model, RefSamAdapterConfig(), adapter_name="a").save_pretrained(tmp_path)
        config = json.loads((tmp_path / "a" / "adapter_config.json").read_text())
        assert config["peft_type"] == "REFSAM_ADAPTER"
        assert config["target_modules"] == r"vision_tower\.layers\.(2|3)\.(attn\.proj|mlp)"
        assert config["parallel_modules"] == r"vision_tower\.layers\.(2|3)\.mlp"
        assert config["base_layers"]["vision_tower.layers.3.mlp"]["depths"] == {"vision_tower.layers": 4}

    def test_low_cpu_mem_usage(self, model, masks, teach, tiny_model, tmp_path):
        peft_model = get_peft_model(model, RefSamAdapterConfig(), adapter_name="a")
        teach(peft_model, "a")
        peft_model.save_pretrained(tmp_path)
        loaded = PeftModel.from_pretrained(tiny_model(), tmp_path / "a", adapter_name="a", low_cpu_mem_usage=True)
        assert {parameter.device.type for parameter in loaded.parameters()} == {"cpu"}
        assert torch.equal(masks(loaded), masks(peft_model))


class TestAnyModel:
    @pytest.fixture
    def x(self):
        return torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(1))

    def test_serial_and_parallel_by_name(self, plain_model, x):
        model = plain_model()
        config = RefSamAdapterConfig(target_modules=["q_proj", "mlp"], parallel_modules=["mlp"], width_ratio=0.5)
        expected = model(x)
        peft_model = get_peft_model(model, config)
        kinds = {f"blocks.{i}.{name}": kind for i in range(2) for name, kind in KINDS.items()}
        assert adapted(peft_model, "default") == kinds
        assert torch.equal(peft_model(x), expected)
        q_proj, mlp = model.blocks[0].q_proj, model.blocks[0].mlp
        assert q_proj.refsam_adapter_down["default"].weight.shape == (8, 16)  # behind 12 -> 16
        assert mlp.refsam_adapter_down["default"].weight.shape == (6, 12)

    def test_a_parallel_adapter_of_a_layer_that_changes_the_width(self, plain_model, x, teach):
        model = plain_model()
        config = RefSamAdapterConfig(target_modules=["head"], parallel_modules=["head"], width_ratio=0.2)
        peft_model = get_peft_model(model, config)
        assert model.head.refsam_adapter_down["default"].weight.shape == (2, 12)
        assert model.head.refsam_adapter_up["default"].weight.shape == (3, 2)
        teach(peft_model, "default")
        with peft_model.disable_adapter():
            without = peft_model(x)
        assert (peft_model(x) - without).abs().max() > 0.01

    @pytest.mark.parametrize(
        ("options", "names"),
        [
            ({"target_modules": r"blocks\.1\.(q|out)_proj"}, {"blocks.1.q_proj", "blocks.1.out_proj"}),
            ({"target_modules": ["out_proj"], "layers_to_transform": [1]}, {"blocks.1.out_proj"}),
            ({"target_modules": ["mlp.0", "head"], "exclude_modules": ["head"]}, {"blocks.0.mlp.0", "blocks.1.mlp.0"}),
            ({"target_modules": r".*\.mlp", "parallel_modules": r".*\.mlp"}, {"blocks.0.mlp", "blocks.1.mlp"}),
            ({"target_modules": ("head",)}, {"head"}),
        ],
    )
    def test_modules_are_named_as_in_peft(self, plain_model, options, names):
        if "layers_to_transform" in options:
            options = {**options, "layers_pattern": "blocks"}
        assert adapted(get_peft_model(plain_model(), RefSamAdapterConfig(**options)), "default").keys() == names

    def test_all_linear(self, plain_model, x):
        model = plain_model()
        expected = model(x)
        peft_model = get_peft_model(model, RefSamAdapterConfig(target_modules="all-linear"))
        assert len(adapted(peft_model, "default")) == 9
        assert model.head.refsam_adapter_down["default"].weight.shape == (1, 3)  # a quarter of 3, but 1 at least
        assert torch.equal(peft_model(x), expected)

    def test_saved_loaded_unloaded(self, plain_model, x, teach, tmp_path):
        config = RefSamAdapterConfig(
            target_modules=["out_proj", "mlp"], parallel_modules=["mlp"], modules_to_save=["head"]
        )
        peft_model = get_peft_model(plain_model(), config)
        teach(peft_model, "default")
        peft_model.save_pretrained(tmp_path)
        loaded = PeftModel.from_pretrained(plain_model(), tmp_path)
        assert torch.equal(loaded(x), peft_model(x))
        assert not torch.equal(loaded(x), plain_model()(x))
        assert torch.equal(loaded.unload()(x), plain_model()(x))

    def test_a_base_that_is_trained_too_is_described_as_it_is_when_saved(self, plain_model, x, tmp_path):
        peft_model = get_peft_model(plain_model(), RefSamAdapterConfig(target_modules=["mlp"]))
        trained = plain_model(seed=1)
        peft_model.base_model.model.load_state_dict(trained.state_dict(), strict=False)
        for old, new in zip(peft_model.base_model.model.blocks, trained.blocks, strict=True):
            old.mlp.base_layer.load_state_dict(new.mlp.state_dict())
        peft_model.save_pretrained(tmp_path)
        assert torch.equal(PeftModel.from_pretrained(trained, tmp_path)(x), peft_model(x))

    def test_adapters_of_both_kinds_on_one_module(self, plain_model, x, teach, tmp_path):
        """One is then wrapped around the other, and the names in their files do not show it."""
        configs = {
            "behind": RefSamAdapterConfig(target_modules=["mlp"]),
            "beside": RefSamAdapterConfig(target_modules=["mlp"], parallel_modules=["mlp"]),
        }
        both = get_peft_model(plain_model(), configs["behind"], adapter_name="behind")
        both.add_adapter("beside", configs["beside"])
        for name in configs:
            teach(both, name)
        both.save_pretrained(tmp_path)
        for name, config in configs.items():
            alone = get_peft_model(plain_model(), config, adapter_name=name)
            teach(alone, name)
            both.set_adapter(name)
            assert torch.equal(both(x), alone(x))
            assert torch.equal(PeftModel.from_pretrained(plain_model(), tmp_path / name)(x), alone(x))

    def test_a_module_that_gives_a_tuple_and_is_called_by_keyword(self, x):
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.value, self.out = nn.Linear(12, 16), nn.Linear(16, 12)

            def forward(self, hidden_states):
                return self.out(self.value(hidden_states)), "weights"

        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.attention = Attention()

            def forward(self, x):
                output, weights = self.attention(hidden_states=x)
                assert weights == "weights"
                return output

        torch.manual_seed(0)
        for parallel in (None, ["attention"]):
            model = Model()
            expected = model(x)
            config = RefSamAdapterConfig(target_modules=["attention"], parallel_modules=parallel, init_weights=False)
            assert not torch.equal(get_peft_model(model, config)(x), expected)

    def test_torch_s_own_encoder_layer_does_not_go_past_its_adapters(self, x):
        layer = nn.TransformerEncoderLayer(12, 2, 20, batch_first=True).eval()
        model = nn.Sequential(layer)
        with torch.no_grad():
            expected = model(x)
            config = RefSamAdapterConfig(target_modules=["linear2"], init_weights=False)
            assert (get_peft_model(model, config)(x) - expected).abs().max() > 0.01

    def test_an_attention_that_would_is_refused(self, x):
        model = nn.Sequential(nn.TransformerEncoderLayer(12, 2, 20, batch_first=True))
        with pytest.raises(ValueError, match=r"0\.self_attn\.out_proj: nn\.MultiheadAttention reads"):
            get_peft_model(model, RefSamAdapterConfig(target_modules=["out_proj"]))
        assert not any(isinstance(module, AdapterLayer) for module in model.modules())

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({}, r"PlainModel has no SAM vision tower: name the modules to adapt, target_modules=\[\.\.\.\]"),
            ({"target_modules": ["atention"]}, r"atention.* not found in the base model"),
            (
                {"target_modules": ["mlp"], "parallel_modules": ["mpl"]},
                "'mpl' is none of the modules that target_modules names",
            ),
            (
                {"target_modules": r".*\.mlp", "parallel_modules": "mlp"},
                "parallel_modules: 'mlp' matches no module that target_modules names",
            ),
            (
                {"target_modules": ["mlp.0", "mlp.1"]},
                r"blocks\.0\.mlp\.1 is a ReLU: expected an nn\.Linear or a block",
            ),
            ({"target_modules": ["mlp"], "modules_to_save": ["haed"]}, "PlainModel has no module 'haed'"),
        ],
    )
    def test_what_does_not_fit_leaves_the_model_alone(self, plain_model, x, options, message):
        model = plain_model()
        keys = list(model.state_dict())
        with pytest.raises(ValueError, match=message):
            get_peft_model(model, RefSamAdapterConfig(**options))
        assert list(model.state_dict()) == keys
        assert torch.equal(model(x), plain_model()(x))


KINDS = {"q_proj": SerialAdapter, "mlp": ParallelAdapter}
