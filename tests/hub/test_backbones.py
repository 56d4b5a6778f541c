import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModel,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaModel,
    T5Config,
    T5EncoderModel,
    T5ForConditionalGeneration,
)

from refsam_hf import RefSamModel, RefSamProcessor

SIZES = {"vocab_size": 400, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 24}
T5 = T5Config(vocab_size=400, d_model=20, d_kv=8, d_ff=24, num_layers=1, num_heads=2)
CLIP = {**SIZES, "hidden_size": 16, "max_position_embeddings": 30}
CLIP_VISION = {"hidden_size": 16, "image_size": 32, "patch_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
# what a checkpoint may hold, and the names under which it holds the encoder's weights
TEXT_MODELS = {
    "t5": (lambda: T5EncoderModel(T5), ""),
    "t5 with a decoder": (lambda: T5ForConditionalGeneration(T5), ""),
    "roberta": (lambda: RobertaModel(RobertaConfig(**SIZES, hidden_size=16, max_position_embeddings=30)), ""),
    "roberta of a language model": (
        lambda: RobertaForMaskedLM(RobertaConfig(**SIZES, hidden_size=16, max_position_embeddings=30)),
        "roberta.",
    ),
    "bert of a language model": (lambda: BertForMaskedLM(BertConfig(**SIZES, hidden_size=16)), "bert."),
    "clip's text model": (lambda: CLIPTextModel(CLIPTextConfig(**CLIP)), ""),
    "clip": (lambda: CLIPModel(CLIPConfig(text_config=CLIP, vision_config=CLIP_VISION)), "text_model."),
}


@pytest.fixture(scope="module")
def model(sam, t5):
    return RefSamModel.from_vision_text_pretrained(sam[1], t5)


def spoil(folder, new_folder, change):
    """A copy of a checkpoint with other weights."""
    new_folder.mkdir()
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, new_folder / "model.safetensors", metadata={"format": "pt"})
    (new_folder / "config.json").write_text((folder / "config.json").read_text())
    return new_folder


def test_every_weight_of_sam_is_taken(sam, model):
    ours = model.state_dict()
    taken = set()
    for name, value in sam[0].state_dict().items():
        if name.startswith("prompt_encoder.") and name != "prompt_encoder.no_mask_embed.weight":
            continue
        name = name.replace("prompt_encoder.", "").replace("vision_encoder.", "vision_tower.")
        wrapped = name.replace(".proj.", ".proj.base_layer.").replace(".mlp.", ".mlp.base_layer.")
        name = wrapped if wrapped in ours else name
        assert torch.equal(ours[name], value), name
        taken.add(name)
    fresh = ours.keys() - taken
    assert {name.split(".")[0] for name in fresh if "refsam_adapter" not in name} == {
        "text_encoder",
        "cross_modal_mlp",
        "hierarchical_dense_attention",
        "implicit_tracking",
    }
    assert "vision_tower.layers.3.mlp.base_layer.lin1.weight" in taken


def test_the_tower_starts_as_sams(sam, model):
    pixel_values = torch.randn(2, 3, 48, 48)
    with torch.no_grad():
        expected = sam[0].get_image_embeddings(pixel_values)
        assert torch.equal(model.vision_tower(pixel_values).visual_embedding, expected)
        positions = model.get_image_positional_embeddings(6, 6)
        assert torch.equal(positions, sam[0].get_image_wide_positional_embeddings())


def test_without_words_and_dense_embeddings_it_is_sam(sam, t5, tiny_inputs):
    """Every part between SAM's encoder and its decoder switched off: SAM without a prompt."""
    model = RefSamModel.from_vision_text_pretrained(
        sam[1], t5, dense_embeddings="none", sparse_embeddings=False, unit_length=False, implicit_tracking=False
    )
    with torch.no_grad():
        masks = model(**tiny_inputs).pred_masks  # (1, 2, 3, 24, 24)
        expected = sam[0](pixel_values=tiny_inputs["pixel_values"][0], multimask_output=False).pred_masks
    assert masks.std() > 0.01
    for expression in range(2):
        torch.testing.assert_close(masks[0, expression], expected[:, 0, 0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", TEXT_MODELS)
def test_text_encoders(sam, kind, tmp_path, tiny_inputs):
    make, prefix = TEXT_MODELS[kind]
    torch.manual_seed(1)
    make().save_pretrained(tmp_path / "text")
    model = RefSamModel.from_vision_text_pretrained(sam[1], tmp_path / "text")
    stored = load_file(tmp_path / "text" / "model.safetensors")
    ours = model.text_encoder.state_dict()
    tied = {"encoder.embed_tokens.weight": "shared.weight"}  # T5's, stored once
    for name, value in ours.items():
        candidates = (prefix + tied.get(name, name), prefix + tied.get(name, name).removeprefix("text_model."))
        (found,) = {candidate for candidate in candidates if candidate in stored}
        assert torch.equal(value, stored[found]), name

    with torch.no_grad():
        masks = model(**tiny_inputs).pred_masks
    assert masks.isfinite().all()
    model.save_pretrained(tmp_path / "refsam")
    reloaded = RefSamModel.from_pretrained(tmp_path / "refsam").state_dict()
    assert reloaded.keys() == model.state_dict().keys()
    assert all(torch.equal(reloaded[name], value) for name, value in model.state_dict().items())


def test_a_text_checkpoint_in_half_precision(sam, tmp_path, tiny_inputs):
    """The model is in one precision, whatever its sources were stored in."""
    T5EncoderModel(T5).to(torch.bfloat16).save_pretrained(tmp_path)
    model = RefSamModel.from_vision_text_pretrained(sam[1], tmp_path)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert model(**tiny_inputs).pred_masks.dtype == torch.float32


def test_it_is_ready_for_use(model):
    assert not any(module.training for module in model.modules())
    trained = {name.split(".")[0] for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained == {
        "vision_tower",
        "cross_modal_mlp",
        "hierarchical_dense_attention",
        "mask_decoder",
        "implicit_tracking",
    }


def test_options_of_the_config(sam, t5):
    model = RefSamModel.from_vision_text_pretrained(sam[1], t5, mlp_hidden_layers=3, implicit_tracking=False)
    assert model.config.mlp_hidden_layers == 3
    assert model.implicit_tracking is None
    with pytest.raises(ValueError, match=r"(?s)config of a RefSAM: .*'mlp_hidden_layers'.*expected int, got str"):
        RefSamModel.from_vision_text_pretrained(sam[1], t5, mlp_hidden_layers="two")


@pytest.mark.parametrize(
    "key",
    [
        "vision_encoder.layers.3.attn.proj.weight",
        "mask_decoder.iou_token.weight",
        "prompt_encoder.no_mask_embed.weight",
        "shared_image_embedding.positional_embedding",
    ],
)
def test_a_missing_weight_of_sam_is_named(sam, t5, tmp_path, key):
    folder = spoil(sam[1], tmp_path / "sam", lambda weights: weights.pop(key))
    with pytest.raises(ValueError, match=f"sam: expected every weight that RefSAM takes, got none for .*{key}"):
        RefSamModel.from_vision_text_pretrained(folder, t5)


def test_a_weight_of_another_shape_is_named(sam, t5, tmp_path):
    key = "mask_decoder.iou_token.weight"
    folder = spoil(sam[1], tmp_path / "sam", lambda weights: weights.update({key: torch.zeros(1, 16)}))
    with pytest.raises(ValueError, match=key):
        RefSamModel.from_vision_text_pretrained(folder, t5)


def test_a_cut_file_is_refused(sam, t5, tmp_path):
    folder = spoil(sam[1], tmp_path / "sam", lambda weights: None)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:-10])
    with pytest.raises(ValueError, match="sam: expected whole safetensors files, got one that is damaged"):
        RefSamModel.from_vision_text_pretrained(folder, t5)


def test_what_refsam_does_not_take_may_be_missing(sam, t5, tmp_path):
    folder = spoil(sam[1], tmp_path / "sam", lambda weights: weights.pop("prompt_encoder.not_a_point_embed.weight"))
    spoilt = RefSamModel.from_vision_text_pretrained(folder, t5)
    whole = RefSamModel.from_vision_text_pretrained(sam[1], t5)
    assert torch.equal(spoilt.no_mask_embed.weight, whole.no_mask_embed.weight)


def test_a_missing_weight_of_the_text_encoder_is_named(sam, t5, tmp_path):
    key = "encoder.final_layer_norm.weight"
    folder = spoil(t5, tmp_path / "text", lambda weights: weights.pop(key))
    with pytest.raises(ValueError, match=f"text: .*{key}"):
        RefSamModel.from_vision_text_pretrained(sam[1], folder)


def test_checkpoints_of_another_kind_are_refused(sam, t5):
    with pytest.raises(ValueError, match=r"t5.*: expected a SAM checkpoint \(model_type 'sam'\), got 't5'"):
        RefSamModel.from_vision_text_pretrained(t5, t5)
    with pytest.raises(ValueError, match=r"sam.*: expected a checkpoint with a text encoder .*, got 'sam'"):
        RefSamModel.from_vision_text_pretrained(sam[1], sam[1])
    with pytest.raises(ValueError, match="expected a SAM checkpoint"):
        RefSamProcessor.from_vision_text_pretrained(t5, t5)


def test_a_checkpoint_that_is_not_there(sam, tmp_path):
    with pytest.raises(OSError, match="nowhere: expected a text encoder's checkpoint, a folder or a Hub name: "):
        RefSamModel.from_vision_text_pretrained(sam[1], tmp_path / "nowhere")


def test_its_processor(sam, t5, tiny_processor):
    processor = RefSamProcessor.from_vision_text_pretrained(sam[1], t5)
    assert processor.video_processor.image_size == 48
    assert processor.video_processor.to_dict() == tiny_processor.video_processor.to_dict()
    ids, _ = processor.tokenize("the red circle")
    assert torch.equal(ids, tiny_processor.tokenize("the red circle")[0])
