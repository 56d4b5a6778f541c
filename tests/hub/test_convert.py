"""Whole conversions: what comes out computes what the official modules compute."""

import json

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from torch import nn
from transformers import pipeline

from refsam_hf import RefSamModel, RefSamProcessor
from refsam_hf.hub.convert import Conversion, convert_sam


@pytest.fixture(scope="module")
def sam_file(official_sam, tmp_path_factory):
    path = tmp_path_factory.mktemp("official") / "sam_tiny.pth"
    torch.save(official_sam(), path)
    return path


@pytest.fixture(scope="module")
def recorded_file(recorded_sam, tmp_path_factory):
    path = tmp_path_factory.mktemp("official") / "sam_recorded.pth"
    torch.save(recorded_sam, path)
    return path


@pytest.fixture(scope="module")
def t5_64(t5_of):
    """The width of the recorded text encoder."""
    return t5_of(64)


class AuthorsLora(nn.Module):
    """The projection of the authors' LoRA option."""

    def __init__(self, w, state, block):
        super().__init__()
        self.w = w
        self.w_a, self.w_b = (state[f"{block}.attn.proj.{name}.weight"] for name in ("w_a", "w_b"))

    def forward(self, x):
        return self.w(x) + x @ self.w_a.T @ self.w_b.T


def with_lora(blocks, rank=4, *, keep=("Space_Adapter", "MLP_Adapter")):
    """The state dict of blocks -> with LoRA in every block, and some of their adapters."""
    generator = torch.Generator().manual_seed(3)
    state = {}
    for name, value in blocks.items():
        if "_Adapter." in name and name.split(".")[1] not in keep:
            continue
        state[name.replace(".attn.proj.", ".attn.proj.w.")] = value
        if name.endswith(".attn.proj.weight"):
            width = len(value)
            state[name.replace("proj.", "proj.w_a.")] = torch.randn(rank, width, generator=generator) * 0.3
            state[name.replace("proj.", "proj.w_b.")] = torch.randn(width, rank, generator=generator) * 0.3
    return state


@torch.no_grad()
def visual(model, pixel_values):
    output = model.vision_tower(pixel_values)
    return [output.visual_embedding, *output.intermediate_embeddings]


def close(first, second, tolerance=2e-5):
    for one, other in zip(first, second, strict=True):
        torch.testing.assert_close(one, other, atol=tolerance, rtol=0)


def test_a_new_refsam_on_an_original_file(sam_file, official_sam, t5, tmp_path, tiny_clip):
    conversion = convert_sam(tmp_path / "out", vision=sam_file, text=t5)
    untrained = ("cross_modal_mlp", "hierarchical_dense_attention", "implicit_tracking")
    assert conversion == Conversion(untrained=untrained, lora_rank=None)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    model = RefSamModel.from_pretrained(tmp_path / "out")
    state = official_sam()
    assert torch.equal(model.vision_tower.pos_embed, state["image_encoder.pos_embed"])
    proj = model.vision_tower.layers[3].attn.proj.base_layer  # an adapter is around it
    assert torch.equal(proj.weight, state["image_encoder.blocks.3.attn.proj.weight"])
    assert torch.equal(model.mask_decoder.iou_token.weight, state["mask_decoder.iou_token.weight"])
    text = load_file(t5 / "model.safetensors")
    assert torch.equal(model.text_encoder.shared.weight, text["shared.weight"])
    processor = RefSamProcessor.from_pretrained(tmp_path / "out")
    assert processor.video_processor.image_size == 48
    segmenter = pipeline("referring-video-segmentation", model=str(tmp_path / "out"))
    assert len(segmenter(tiny_clip[:2], text="the red circle")["masks"]) == 2


def test_the_same_call_gives_the_same_files(sam_file, t5, tmp_path):
    for seed, name in enumerate(("one", "two")):
        torch.manual_seed(seed)
        expected = torch.get_rng_state()
        convert_sam(tmp_path / name, vision=sam_file, text=t5)
        assert torch.equal(torch.get_rng_state(), expected)  # the caller's numbers are the caller's
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert "model.safetensors" in files
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_the_form_of_sam_does_not_matter(sam, official_sam, recorded_pieces, t5_64, save, tmp_path):
    """The pieces that fit on a SAM of transformers, too; the decoder then has the official one's arithmetic."""
    chosen = {name: recorded_pieces[name] for name in ("resizer", "dense_conv", "track_net", "mask_decoder")}
    convert_sam(tmp_path / "out", vision=sam[1], text=t5_64, pieces=save(chosen))
    model = RefSamModel.from_pretrained(tmp_path / "out")
    assert torch.equal(model.vision_tower.pos_embed, sam[0].vision_encoder.pos_embed)
    theirs = recorded_pieces["mask_decoder"]["iou_token.weight"]
    assert torch.equal(model.mask_decoder.iou_token.weight, theirs)
    assert not torch.equal(sam[0].mask_decoder.iou_token.weight, theirs)
    assert model.config.mask_decoder_config.layer_norm_eps == 1e-5
    assert sam[0].config.mask_decoder_config.layer_norm_eps == 1e-6


@pytest.mark.reference
def test_the_authors_model(recorded_file, recorded, recorded_pieces, t5_64, save, tmp_path):
    conversion = convert_sam(tmp_path / "out", vision=recorded_file, text=t5_64, pieces=save(recorded_pieces))
    assert conversion == Conversion(untrained=(), lora_rank=None)
    model = RefSamModel.from_pretrained(tmp_path / "out")
    expected = [recorded["vision_encoder.image_embeddings"]]
    expected += [recorded[f"vision_encoder.intermediate_embeddings.{index}"] for index in range(3)]
    close(visual(model, recorded["vision_encoder.pixel_values"]), expected)
    assert model.config.adapter_layers == [3, 4, 5]
    assert (model.config.dense_embeddings, model.config.mlp_hidden_layers) == ("da", 1)

    with torch.no_grad():
        words = recorded["prompt.text_hidden_states"]
        words, sentence = (model.cross_modal_mlp(x) for x in (words, words.mean(1)))
        words, sentence = (nn.functional.normalize(x, dim=-1) for x in (words, sentence))
        track = None
        for frame in range(3):
            close([words], [recorded[f"prompt.frame{frame}.sparse_embeddings"]])
            dense = model.hierarchical_dense_attention(
                recorded[f"prompt.frame{frame}.normalised_image_embeddings"],
                [],
                words[:, None],
                sentence[:, None],
                torch.ones(1, 1, words.shape[1]),
            )
            close([dense[:, 0]], [recorded[f"prompt.frame{frame}.dense_embeddings"]])
            track = model.implicit_tracking(recorded[f"prompt.frame{frame}.mask_token"], track)
            close([track], [recorded[f"prompt.frame{frame}.track_token_out"]])


def test_without_track_net_nothing_is_tracked(sam_file, official_sam, recorded_pieces, t5_64, save, tmp_path):
    pieces = save({"resizer": recorded_pieces["resizer"]})
    convert_sam(tmp_path / "out", vision=sam_file, text=t5_64, pieces=pieces, dense_embeddings="sentence")
    model = RefSamModel.from_pretrained(tmp_path / "out")
    assert model.implicit_tracking is None
    assert model.hierarchical_dense_attention is None
    state = official_sam()  # no piece of a decoder: SAM's own
    assert torch.equal(model.mask_decoder.iou_token.weight, state["mask_decoder.iou_token.weight"])


@pytest.mark.parametrize("keep", [(), ("MLP_Adapter",)])
def test_lora_becomes_a_peft_adapter(recorded_file, recorded, recorded_pieces, t5_64, save, tmp_path, keep):
    blocks = with_lora(recorded_pieces["image_encoder_blocks"], keep=keep)
    pieces = save(recorded_pieces | {"image_encoder_blocks": blocks})
    conversion = convert_sam(tmp_path / "out", vision=recorded_file, text=t5_64, pieces=pieces)
    assert conversion == Conversion(untrained=(), lora_rank=4)

    pixel_values = recorded["vision_encoder.pixel_values"]
    theirs = RefSamModel.from_pretrained(tmp_path / "out")
    plain = visual(theirs, pixel_values)
    for block, layer in enumerate(theirs.vision_tower.layers):
        layer.attn.proj = AuthorsLora(layer.attn.proj, blocks, block)
    expected = visual(theirs, pixel_values)
    assert (expected[0] - plain[0]).abs().max() > 0.1

    config = json.loads((tmp_path / "out" / "lora" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["peft_type"]) == (4, 4, "LORA")
    by_peft = PeftModel.from_pretrained(RefSamModel.from_pretrained(tmp_path / "out"), tmp_path / "out" / "lora")
    close(visual(by_peft.base_model.model, pixel_values), expected)
    by_transformers = RefSamModel.from_pretrained(tmp_path / "out")
    by_transformers.load_adapter(str(tmp_path / "out" / "lora"), adapter_name="lora")
    close(visual(by_transformers, pixel_values), expected)


def test_lora_inside_an_adapter_is_refused_or_merged(recorded_file, recorded, recorded_pieces, t5_64, save, tmp_path):
    """The authors' LoRA is inside of their Space_Adapter, where PEFT cannot put it."""
    blocks = with_lora(recorded_pieces["image_encoder_blocks"])
    options = {
        "vision": recorded_file,
        "text": t5_64,
        "pieces": save(recorded_pieces | {"image_encoder_blocks": blocks}),
    }
    out = tmp_path / "out"
    with pytest.raises(ValueError, match=r"image_encoder_blocks_.*pth: expected LoRA without Space_Adapter"):
        convert_sam(out, **options)
    assert not out.exists()
    assert convert_sam(out, **options, merge=True) == Conversion(untrained=(), lora_rank=None)
    assert not (out / "lora").exists()

    pixel_values = recorded["vision_encoder.pixel_values"]
    merged = visual(RefSamModel.from_pretrained(out), pixel_values)
    plain = save({"image_encoder_blocks": recorded_pieces["image_encoder_blocks"]})
    convert_sam(tmp_path / "plain", **options | {"pieces": options["pieces"] | plain})
    theirs = RefSamModel.from_pretrained(tmp_path / "plain")
    before = visual(theirs, pixel_values)
    for block, layer in enumerate(theirs.vision_tower.layers):
        proj = layer.attn.proj
        if hasattr(proj, "base_layer"):
            proj.base_layer = AuthorsLora(proj.base_layer, blocks, block)
        else:
            layer.attn.proj = AuthorsLora(proj, blocks, block)
    expected = visual(theirs, pixel_values)
    assert (expected[0] - before[0]).abs().max() > 0.1
    close(merged, expected)


def test_faults_of_all_pieces_are_named_at_once(recorded_file, recorded_pieces, t5_64, save, tmp_path):
    spoilt = {name: dict(piece) for name, piece in recorded_pieces.items()}
    del spoilt["resizer"]["2.bias"], spoilt["image_encoder_blocks"]["5.MLP_Adapter.D_fc2.bias"]
    spoilt["track_net"]["linear3.weight"] = torch.zeros(1)
    spoilt["mask_decoder"]["transformer.norm_final_attn.bias"] = torch.zeros(31)
    spoilt["image_encoder_blocks"]["0.MLP_Adapter.D_fc1.weight"] = torch.zeros(8, 32)
    with pytest.raises(ValueError, match="expected exactly the weights that belong on") as caught:
        convert_sam(tmp_path / "out", vision=recorded_file, text=t5_64, pieces=save(spoilt))
    said = str(caught.value)
    assert "resizer_t5-small_last.pth: these missing: 2.bias." in said
    assert "track_net_t5-small_last.pth: these unknown: linear3.weight." in said or said.endswith(
        "track_net_t5-small_last.pth: these unknown: linear3.weight"
    )
    assert "these of another shape: transformer.norm_final_attn.bias (31,) for (32,)" in said
    assert "0.MLP_Adapter.D_fc1.bias" in said
    assert "5.MLP_Adapter.D_fc2.bias" in said
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".*"))


def test_a_text_encoder_of_another_width(recorded_file, recorded_pieces, t5, save, tmp_path):
    message = r"resizer_t5-small_last.pth: these of another shape: 0.bias \(32,\) for \(10,\), "
    with pytest.raises(ValueError, match=message):
        convert_sam(tmp_path / "out", vision=recorded_file, text=t5, pieces=save(recorded_pieces))


def test_blocks_of_another_sam(sam_file, recorded_pieces, t5_64, save, tmp_path):
    with pytest.raises(
        ValueError, match=r"image_encoder_blocks_.*: these unknown: .*0.mlp.lin1.bias \(128,\) for \(40,\)"
    ):
        convert_sam(tmp_path / "out", vision=sam_file, text=t5_64, pieces=save(recorded_pieces))


def test_the_output_is_looked_at_first(t5, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("1")
    with pytest.raises(FileExistsError, match="out: expected a new or an empty folder"):
        convert_sam(tmp_path / "out", vision=tmp_path / "none.pth", text=t5)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]
