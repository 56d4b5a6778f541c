"""The adapter-only form of a checkpoint: over a SAM and a text checkpoint, and over a RefSAM checkpoint."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoProcessor, T5Config, T5EncoderModel, pipeline

from refsam_hf import TINY_CHECKPOINT, RefSamAdapterConfig, RefSamConfig, RefSamModel, RefSamProcessor
from refsam_hf.hub.over_backbones import TRAINED

KEYS = Path(__file__).parents[1] / "fixtures" / "adapter_only_keys.txt"
FILES = {"config.json", "adapter/adapter_config.json", "adapter/adapter_model.safetensors"}
WEIGHTS = "adapter/adapter_model.safetensors"


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def masks(model, inputs):
    with torch.no_grad():
        return model(**inputs).pred_masks


def train(model, seed=3):
    """What a training would change: all that learns."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.2)
    return model


@pytest.fixture(scope="module")
def model(sam, t5):
    """A RefSAM over tiny checkpoints, trained; not to be changed by a test."""
    torch.manual_seed(0)
    return train(RefSamModel.from_vision_text_pretrained(sam[1], t5))


@pytest.fixture(scope="module")
def saved(model, tiny_processor, tmp_path_factory):
    """Its adapter-only checkpoint, processor beside it."""
    folder = tmp_path_factory.mktemp("forms") / "adapter-only"
    model.save_adapter(folder)
    tiny_processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def whole(model, tiny_processor, tmp_path_factory):
    """The same model, self-contained."""
    folder = tmp_path_factory.mktemp("forms") / "whole"
    model.save_pretrained(folder)
    tiny_processor.save_pretrained(folder)
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    """A copy to be damaged."""
    return shutil.copytree(saved, tmp_path / "checkpoint")


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_the_files(saved, sam, t5):
    assert files(saved) > FILES
    assert not (saved / "adapter_config.json").exists()
    config = json.loads((saved / "config.json").read_text())
    assert config["vision_checkpoint"] == str(sam[1].resolve())
    assert config["text_checkpoint"] == str(t5.resolve())
    assert config["adapter"]["name"] == "default"
    adapter = json.loads((saved / "adapter" / "adapter_config.json").read_text())
    assert adapter["peft_type"] == "REFSAM_ADAPTER"
    assert tuple(adapter["modules_to_save"]) == TRAINED


def test_the_names_of_the_weights_are_fixed(saved):
    """The checkpoints that are out there hold these names: a change of this list makes them unreadable."""
    stored = load_file(saved / WEIGHTS)
    names = [f"{name} {'x'.join(map(str, value.shape)) or 'scalar'}" for name, value in sorted(stored.items())]
    assert names == KEYS.read_text().splitlines()


def test_it_holds_what_is_trained_and_no_more(saved, model):
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert sum(value.numel() for value in load_file(saved / WEIGHTS).values()) == trained


def test_some_40_mb_at_vit_b():
    """On the meta device: the trained weights of the paper's ViT-B, in float32."""
    with torch.device("meta"):
        model = RefSamModel(RefSamConfig())
    trained = sum(4 * p.numel() for p in model.parameters() if p.requires_grad)
    assert 39e6 < trained < 40e6
    assert sum(4 * p.numel() for p in model.parameters()) > 500e6


@pytest.mark.parametrize("model_class", [RefSamModel, AutoModel])
def test_both_forms_are_the_same_model(saved, whole, model, tiny_inputs, model_class):
    loaded, other = model_class.from_pretrained(saved), RefSamModel.from_pretrained(whole)
    assert type(loaded) is RefSamModel
    assert not loaded.training
    assert loaded.name_or_path == str(saved)
    weights = loaded.state_dict()
    assert weights.keys() == model.state_dict().keys()
    for name, value in model.state_dict().items():
        assert torch.equal(weights[name], value), name
    assert torch.equal(masks(loaded, tiny_inputs), masks(other, tiny_inputs))
    learning = {name for name, parameter in loaded.named_parameters() if parameter.requires_grad}
    assert learning == {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    configs = [{**one.config.to_dict(), "_name_or_path": None} for one in (loaded, other)]
    assert configs[0] == configs[1]


def test_the_pipeline_and_the_processor_read_both(saved, whole, tiny_clip):
    results = []
    for folder in (saved, whole):
        assert isinstance(AutoProcessor.from_pretrained(folder), RefSamProcessor)
        segmenter = pipeline("referring-video-segmentation", model=str(folder))
        results.append(segmenter(tiny_clip, text="the red circle"))
    assert results[0]["masks"] == results[1]["masks"]
    assert any(mask["counts"] != results[0]["masks"][0]["counts"] for mask in results[0]["masks"])


@pytest.mark.slow
def test_in_float16_the_base_is_recognised_by_what_is_stored(whole, tmp_path):
    model = RefSamModel.from_pretrained(whole)
    model.add_adapter(RefSamAdapterConfig(init_weights="default"), "night")
    model.save_adapter(tmp_path / "night", "night")
    loaded = RefSamModel.from_pretrained(tmp_path / "night", dtype=torch.float16)
    assert loaded.mask_decoder.iou_token.weight.dtype == torch.float16
    train(RefSamModel.from_pretrained(whole), seed=5).save_pretrained(tmp_path / "other")
    with pytest.raises(ValueError, match="has other weights"):
        RefSamModel.from_pretrained(tmp_path / "night", dtype=torch.float16, refsam_checkpoint=str(tmp_path / "other"))


def test_options_of_loading(saved):
    model, info = RefSamModel.from_pretrained(
        saved, dtype=torch.bfloat16, attn_implementation="eager", unit_length=False, output_loading_info=True
    )
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert model.vision_tower.config._attn_implementation == "eager"
    assert not model.config.unit_length
    assert not info["missing_keys"]


def test_from_one_form_to_the_other_and_back(saved, whole, tmp_path):
    for folder in (saved, whole):
        model = RefSamModel.from_pretrained(folder)
        model.save_adapter(tmp_path / folder.name / "adapter-only")
        model.save_pretrained(tmp_path / folder.name / "whole")
    contents = [
        {name: (tmp_path / folder.name / name).read_bytes() for name in sorted(files(tmp_path / folder.name))}
        for folder in (saved, whole)
    ]
    assert len(contents[0]) == len(FILES) + 2
    assert contents[0] == contents[1]
    assert contents[0][f"adapter-only/{WEIGHTS}"] == (saved / WEIGHTS).read_bytes()
    assert contents[0]["whole/model.safetensors"] == (whole / "model.safetensors").read_bytes()


def test_saved_in_half_precision(model, saved, tmp_path, tiny_inputs):
    half = RefSamModel.from_pretrained(saved, dtype=torch.bfloat16)
    half.save_adapter(tmp_path)
    loaded = RefSamModel.from_pretrained(tmp_path)
    assert loaded.dtype == torch.bfloat16
    assert all(torch.equal(value, half.state_dict()[name]) for name, value in loaded.state_dict().items())


def test_peft_reads_it_onto_a_new_model(saved, model, sam, t5, tiny_inputs):
    """The folder `adapter` is one of PEFT's: an adapter under another name, beside a new model's own."""
    for load in ("load_adapter", "PeftModel"):
        new = RefSamModel.from_vision_text_pretrained(sam[1], t5)
        if load == "load_adapter":
            new.load_adapter(saved, "trained")
        else:
            new = PeftModel.from_pretrained(new, saved / "adapter", adapter_name="trained")
        assert torch.equal(masks(new, tiny_inputs), masks(model, tiny_inputs))


def test_it_is_written_anew_or_not_at_all(model, saved, tmp_path, monkeypatch):
    folder = shutil.copytree(saved, tmp_path / "checkpoint")
    other = train(RefSamModel.from_pretrained(saved), seed=4)
    before = {name: (folder / name).read_bytes() for name in files(folder)}
    with monkeypatch.context() as patch:
        patch.setattr(
            RefSamConfig, "save_pretrained", lambda *args: (_ for _ in ()).throw(OSError("the disk is full"))
        )
        with pytest.raises(OSError, match="the disk is full"):
            other.save_adapter(folder)
    assert {name: (folder / name).read_bytes() for name in files(folder)} == before
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]
    other.save_adapter(folder)
    assert files(folder) == set(before), "the processor's files are still there"
    assert (folder / WEIGHTS).read_bytes() != before[WEIGHTS]
    loaded = RefSamModel.from_pretrained(folder).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in other.state_dict().items())


def test_a_self_contained_one_is_not_written_over(model, whole):
    before = {name: (whole / name).read_bytes() for name in files(whole)}
    with pytest.raises(FileExistsError, match=r"without a self-contained checkpoint, got model\.safetensors"):
        model.save_adapter(whole)
    assert {name: (whole / name).read_bytes() for name in files(whole)} == before


def test_models_that_have_no_such_form(tiny_model, sam, t5, saved, tmp_path):
    with pytest.raises(ValueError, match="expected a model that was built over a SAM and a text checkpoint"):
        tiny_model().save_adapter(tmp_path / "out")
    bare = RefSamModel.from_vision_text_pretrained(sam[1], t5, space_adapter=False, mlp_adapter=False)
    with pytest.raises(ValueError, match="is built with adapters, got one without: save it with save_pretrained"):
        bare.save_adapter(tmp_path / "out")
    for kind, part in (("vision", "vision_tower.neck.conv1.weight"), ("text", "text_encoder.shared.weight")):
        changed = RefSamModel.from_pretrained(saved)
        with torch.no_grad():
            changed.get_parameter(part).mul_(1.01)
        with pytest.raises(ValueError, match=f"in the model's {kind} backbone, which the form leaves out, got others"):
            changed.save_adapter(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_base(folder, sam, t5_of, tiny_config, tmp_path):
    """Of the sizes that the checkpoint is for, and of others."""
    other = shutil.copytree(sam[1], tmp_path / "sam")
    weights = load_file(other / "model.safetensors")
    weights["vision_encoder.layers.0.mlp.lin1.weight"] += 0.1
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        ValueError, match=f"is for another base: {other} has other weights than those that it was made"
    ):
        RefSamModel.from_pretrained(folder, vision_checkpoint=str(other))
    edit(other / "config.json", lambda config: config["vision_config"].update(num_hidden_layers=6))
    message = rf"checkpoint: it is for a base with vision_config.num_hidden_layers=4, {other} has 6"
    with pytest.raises(ValueError, match=message):
        RefSamModel.from_pretrained(folder, vision_checkpoint=str(other))
    with pytest.raises(ValueError, match=r"for a base with text_config.hidden_size=20, .* has 12"):
        RefSamModel.from_pretrained(folder, text_checkpoint=str(t5_of(12)))
    torch.manual_seed(9)
    T5EncoderModel(T5Config(vocab_size=500, d_model=20, d_kv=8, d_ff=24, num_layers=1, num_heads=2)).save_pretrained(
        tmp_path / "t5"
    )
    with pytest.raises(ValueError, match=f"{tmp_path / 't5'} has other weights"):
        RefSamModel.from_pretrained(folder, text_checkpoint=str(tmp_path / "t5"))
    with pytest.raises(OSError, match="nowhere"):
        RefSamModel.from_pretrained(folder, vision_checkpoint=str(tmp_path / "nowhere"))


def rewrite(folder, change):
    """Other weights, and a config.json that says so: what no damage is found in."""
    import hashlib

    weights = load_file(folder / WEIGHTS)
    change(weights)
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    sha256 = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    edit(folder / "config.json", lambda config: config["adapter"].update(sha256=sha256))


NAME = "base_model.model.mask_decoder.iou_token.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights.pop(NAME), r"missing: mask_decoder\.iou_token\.weight$"),
        (lambda weights: weights.update(extra=torch.zeros(2)), "unknown: extra$"),
        (
            lambda weights: weights.update({NAME: torch.zeros(2, 3)}),
            r"of another shape: mask_decoder\.iou_token\.weight \(2, 3\) for \(1, 32\)$",
        ),
        (
            lambda weights: weights.pop("base_model.model.vision_tower.layers.3.mlp.refsam_adapter_up.bias"),
            r"missing: vision_tower\.layers\.3\.mlp\.refsam_adapter_up\.default\.bias$",
        ),
    ],
)
def test_weights_that_are_not_those_of_the_config(folder, change, message):
    rewrite(folder, change)
    with pytest.raises(
        ValueError, match=f"{re.escape(str(folder / WEIGHTS))}: expected exactly the weights .*{message}"
    ):
        RefSamModel.from_pretrained(folder)


def test_damage(folder):
    path = folder / WEIGHTS
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{path}: expected the file that config.json was written with"):
        RefSamModel.from_pretrained(folder)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="expected whole safetensors files, got one that is damaged"):
        RefSamModel.from_pretrained(folder)
    path.unlink()
    with pytest.raises(OSError, match=r"adapter_model\.safetensors"):
        RefSamModel.from_pretrained(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"adapter": {"name": "default"}}, "adapter: expected its name and its sha256"),
        ({"vision_checkpoint": None}, "expected the name of a vision_checkpoint, got none"),
        ({"checkpoint_sha256": None}, r"is for another base: .* \(sha256 None expected"),
        ({"mlp_hidden_layers": "one"}, r"(?s)checkpoint: config\.json: .*mlp_hidden_layers.*expected int, got str"),
    ],
)
def test_a_config_that_cannot_be_used(folder, change, message):
    edit(folder / "config.json", lambda config: config.update(change))
    with pytest.raises(ValueError, match=message):
        RefSamModel.from_pretrained(folder)


def test_nothing_is_saved_over_what_it_belongs_to(saved, whole, t5, sam, tmp_path):
    first = shutil.copytree(saved, tmp_path / "first")
    (tmp_path / "link").symlink_to(first)
    model = RefSamModel.from_pretrained(first)
    model.add_adapter(RefSamAdapterConfig(), "mine")
    model.save_adapter(tmp_path / "second", "mine")
    before = {path: path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()}
    for base, folder in ((None, "first"), (None, "link"), (tmp_path / "second", "first")):
        with pytest.raises(
            ValueError, match=f"{folder}: expected another folder than that of a checkpoint that the ad"
        ):
            model.save_adapter(tmp_path / folder, "mine", base)
    text = shutil.copytree(t5, tmp_path / "t5")  # whose weights have another name than a RefSAM's
    (text / "model.safetensors").rename(text / "text.safetensors")
    model.config.text_checkpoint = str(text)
    with pytest.raises(ValueError, match="t5: expected another folder"):
        model.save_adapter(text)
    assert before == {path: path.read_bytes() for path in before}
    model.save_adapter(tmp_path / "second", "mine")  # itself is another matter


def test_a_checkpoint_that_belongs_to_itself(whole, tmp_path):
    model = RefSamModel.from_pretrained(whole)
    model.add_adapter(RefSamAdapterConfig(), "night")
    for name in ("one", "two"):
        model.save_adapter(tmp_path / name, "night")
    for name, base in (("one", "two"), ("two", "one"), ("one", "one")):
        edit(
            tmp_path / name / "config.json",
            lambda config, to=base: config.update(refsam_checkpoint=str(tmp_path / to)),
        )
        if (name, base) != ("one", "two"):
            with pytest.raises(ValueError, match="expected a checkpoint that can be loaded without this one"):
                RefSamModel.from_pretrained(tmp_path / "one")
    assert RefSamModel.from_pretrained(tmp_path / "one", refsam_checkpoint=str(whole)).active_adapters() == ["night"]


def test_adaptations_of_a_checkpoint(whole, saved, tiny_inputs, tmp_path):
    """Each is saved alone and read with its base, in either form of that; several sit on one."""
    expected = {}
    for name, config in {
        "night": RefSamAdapterConfig(init_weights="default", modules_to_save=["mask_decoder"]),
        "fog": LoraConfig(target_modules=["attn.proj"], modules_to_save=["cross_modal_mlp"]),
    }.items():
        model = RefSamModel.from_pretrained(whole)
        model.add_adapter(config, name)
        train(model)
        expected[name] = masks(model.eval(), tiny_inputs)
        model.save_adapter(tmp_path / name, name)
        assert files(tmp_path / name) == FILES
        loaded, info = AutoModel.from_pretrained(tmp_path / name, output_loading_info=True)
        assert not info["missing_keys"]
        assert loaded.active_adapters() == [name]
        assert torch.equal(masks(loaded, tiny_inputs), expected[name])
    both = RefSamModel.from_pretrained(saved)
    own = masks(both, tiny_inputs)
    for name in expected:
        both.load_adapter(tmp_path / name, name)
    for name, value in expected.items():
        both.set_adapter(name)
        assert torch.equal(masks(both, tiny_inputs), value)
    both.set_adapter("default")
    assert torch.equal(masks(both, tiny_inputs), own)
    over_the_other = RefSamModel.from_pretrained(tmp_path / "night", refsam_checkpoint=str(saved))
    assert torch.equal(masks(over_the_other, tiny_inputs), expected["night"])


def test_an_adaptation_of_something_else(whole, saved, tiny_model, tmp_path):
    model = RefSamModel.from_pretrained(whole)
    model.add_adapter(RefSamAdapterConfig(modules_to_save=["mask_decoder"]), "night")
    model.save_adapter(tmp_path / "night", "night")
    train(RefSamModel.from_pretrained(whole), seed=5).save_pretrained(tmp_path / "other")
    with pytest.raises(ValueError, match=f"is for another base: {tmp_path / 'other'} has other weights"):
        RefSamModel.from_pretrained(tmp_path / "night", refsam_checkpoint=str(tmp_path / "other"))
    tiny_model(vision_config={"num_hidden_layers": 6}).save_pretrained(tmp_path / "deeper")
    with pytest.raises(ValueError, match=r"night: it is for a base with vision_config.num_hidden_layers=4, .* has 6"):
        RefSamModel.from_pretrained(tmp_path / "night", refsam_checkpoint=str(tmp_path / "deeper"))
    # the same onto a model that is there, which is left as it was
    for name, message in (("other", "has other weights"), ("deeper", "has 6")):
        other = RefSamModel.from_pretrained(tmp_path / name)
        keys = list(other.state_dict())
        with pytest.raises(ValueError, match=message):
            other.load_adapter(tmp_path / "night", "night")
        assert list(other.state_dict()) == keys
        assert other.active_adapters() == ["default"]

    with torch.no_grad():
        model.no_mask_embed.weight.add_(1)
    with pytest.raises(
        ValueError, match=f"own weights to be those of {whole}, to which the adapter belongs, got others"
    ):
        model.save_adapter(tmp_path / "changed", "night")
    unsaved = tiny_model()
    unsaved.add_adapter(RefSamAdapterConfig(), "night")
    with pytest.raises(ValueError, match="'night' belongs to a RefSAM checkpoint, and this model was not loaded from"):
        unsaved.save_adapter(tmp_path / "unsaved", "night")
    assert not (tmp_path / "changed").exists()
    assert not (tmp_path / "unsaved").exists()


def test_a_damaged_adaptation(whole, tmp_path):
    model = RefSamModel.from_pretrained(whole)
    model.add_adapter(RefSamAdapterConfig(), "night")
    model.save_adapter(tmp_path / "night", "night")
    path = tmp_path / "night" / WEIGHTS
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    base = RefSamModel.from_pretrained(whole)
    for load in (RefSamModel.from_pretrained, lambda folder: base.load_adapter(folder, "night")):
        with pytest.raises(ValueError, match=f"{path}: expected the file that config.json was written with"):
            load(tmp_path / "night")
    assert base.added_adapters() == []
    rewrite(tmp_path / "night", lambda weights: weights.update(extra=torch.zeros(1)))
    with pytest.raises(ValueError, match=r"night: expected exactly the weights of the adapter .* unknown: extra"):
        RefSamModel.from_pretrained(tmp_path / "night")


def test_the_bundled_checkpoint_is_named_by_its_name(tmp_path):
    """Wherever the package is installed."""
    model = RefSamModel.from_pretrained(TINY_CHECKPOINT)
    model.add_adapter(RefSamAdapterConfig(init_weights="default"), "night")
    model.save_adapter(tmp_path, "night")
    assert json.loads((tmp_path / "config.json").read_text())["refsam_checkpoint"] == "refsam-tiny-shapes"
    assert RefSamModel.from_pretrained(tmp_path).active_adapters() == ["night"]
