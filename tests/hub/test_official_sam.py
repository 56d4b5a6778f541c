"""Original SAM files: names, sizes, and what the official arithmetic makes of the same tensors."""

import pytest
import torch
from torch.nn import functional as F
from transformers import SamMaskDecoderConfig, SamVisionConfig

from refsam_hf import RefSamConfig
from refsam_hf.hub.official_sam import from_official_state, read_official_sam
from refsam_hf.modules import RefSamMaskDecoder, RefSamVisionTower

# of the published checkpoints; the first is transformers' default
PUBLISHED = {
    "vit_b": (768, 12, 12, [2, 5, 8, 11]),
    "vit_l": (1024, 24, 16, [5, 11, 17, 23]),
    "vit_h": (1280, 32, 16, [7, 15, 23, 31]),
}


def decoder_of(sam):
    config = SamMaskDecoderConfig(**sam.mask_decoder_config.to_dict())
    decoder = RefSamMaskDecoder(config)
    weights = {name: value for name, value in sam.weights.items() if name.startswith("mask_decoder.")}
    decoder.load_state_dict({name.removeprefix("mask_decoder."): value for name, value in weights.items()})
    return decoder.eval()


def official_decoder(weights, image, positions, prompts, dense):
    """The mask decoder of segment-anything, as a function of its state dict: masks, scores, main mask token."""

    def linear(name, x):
        return F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(name, x):
        return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"])

    def attend(name, q, k, v):
        q, k, v = (
            linear(f"{name}.{part}_proj", x).unflatten(-1, (8, -1)).transpose(1, 2)
            for part, x in {"q": q, "k": k, "v": v}.items()
        )
        scores = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
        return linear(f"{name}.out_proj", (scores @ v).transpose(1, 2).flatten(2))

    def mlp(name, x):
        x = linear(f"{name}.layers.1", linear(f"{name}.layers.0", x).relu()).relu()
        return linear(f"{name}.layers.2", x)

    tokens = torch.cat([weights["iou_token.weight"], weights["mask_tokens.weight"]])[None]
    tokens = torch.cat([tokens, prompts], dim=1)
    queries, keys = tokens, (image + dense).flatten(2).transpose(1, 2)
    places = positions.flatten(2).transpose(1, 2)
    for index in range(2):
        layer = f"transformer.layers.{index}"
        if index == 0:
            queries = attend(f"{layer}.self_attn", queries, queries, queries)
        else:
            queries = queries + attend(f"{layer}.self_attn", queries + tokens, queries + tokens, queries)
        queries = norm(f"{layer}.norm1", queries)
        seen = attend(f"{layer}.cross_attn_token_to_image", queries + tokens, keys + places, keys)
        queries = norm(f"{layer}.norm2", queries + seen)
        hidden = linear(f"{layer}.mlp.lin1", queries).relu()
        queries = norm(f"{layer}.norm3", queries + linear(f"{layer}.mlp.lin2", hidden))
        told = attend(f"{layer}.cross_attn_image_to_token", keys + places, queries + tokens, queries)
        keys = norm(f"{layer}.norm4", keys + told)
    seen = attend("transformer.final_attn_token_to_image", queries + tokens, keys + places, keys)
    queries = norm("transformer.norm_final_attn", queries + seen)

    up = keys.transpose(1, 2).unflatten(-1, image.shape[-2:])
    up = F.conv_transpose2d(up, weights["output_upscaling.0.weight"], weights["output_upscaling.0.bias"], stride=2)
    centred = up - up.mean(1, keepdim=True)
    up = centred / (centred.square().mean(1, keepdim=True) + 1e-6).sqrt()
    scale, shift = (weights[f"output_upscaling.1.{name}"][:, None, None] for name in ("weight", "bias"))
    up = F.gelu(up * scale + shift)
    up = F.conv_transpose2d(up, weights["output_upscaling.3.weight"], weights["output_upscaling.3.bias"], stride=2)
    kernel = mlp("output_hypernetworks_mlps.0", queries[:, 1])
    masks = torch.einsum("xc,xchw->xhw", kernel, F.gelu(up))
    return masks, mlp("iou_prediction_head", queries[:, 0])[:, 0], queries[:, 1]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_sizes(official_sam, name):
    """Read off tensors of those shapes; there is no file of 2.5 GB in a test."""
    width, depth, heads, whole = PUBLISHED[name]
    sides = [64 if index in whole else 14 for index in range(depth)]
    large = {"mlp": 4 * width, "grid": 64, "patch": 16, "channels": 256, "decoder_mlp": 2048, "iou": 256}
    sam = from_official_state(official_sam("meta", width=width, heads=heads, sides=sides, **large), name)
    expected = SamVisionConfig(
        hidden_size=width, num_hidden_layers=depth, num_attention_heads=heads, global_attn_indexes=whole
    )
    assert sam.vision_config.to_dict() == expected.to_dict() | {"mlp_ratio": sam.vision_config.mlp_ratio}
    assert sam.mask_decoder_config.to_dict() == SamMaskDecoderConfig(layer_norm_eps=1e-5).to_dict()


def test_sizes_of_a_tiny_one(official_sam):
    """Every size differs from the others, so that two that are mixed up are seen."""
    sam = from_official_state(official_sam(), "tiny")
    vision = sam.vision_config
    assert (vision.image_size, vision.patch_size, vision.hidden_size, vision.mlp_dim) == (48, 8, 24, 40)
    assert (vision.num_hidden_layers, vision.num_attention_heads) == (4, 3)
    assert (vision.window_size, vision.global_attn_indexes) == (4, [0, 2, 3])
    assert (vision.output_channels, vision.num_pos_feats) == (32, 16)
    decoder = sam.mask_decoder_config
    assert (decoder.hidden_size, decoder.mlp_dim, decoder.iou_head_hidden_dim) == (32, 48, 28)
    assert (decoder.num_hidden_layers, decoder.num_attention_heads, decoder.num_multimask_outputs) == (2, 8, 3)


@pytest.mark.reference
def test_the_vision_encoder_is_the_official_one(recorded_sam, recorded):
    """Its first levels stand before the recorded adapters."""
    sam = from_official_state(recorded_sam, "recorded")
    config = RefSamConfig(
        vision_config=sam.vision_config,
        mask_decoder_config=sam.mask_decoder_config,
        space_adapter=False,
        mlp_adapter=False,
    )
    tower = RefSamVisionTower(config)
    weights = {name: value for name, value in sam.weights.items() if name.startswith("vision_tower.")}
    tower.load_state_dict({name.removeprefix("vision_tower."): value for name, value in weights.items()})
    with torch.no_grad():
        levels = tower(recorded["vision_encoder.pixel_values"]).intermediate_embeddings
    expected = recorded["vision_encoder.intermediate_embeddings.0"]
    torch.testing.assert_close(levels[0], expected, atol=2e-5, rtol=0)


def test_the_mask_decoder_is_the_official_one(official_sam):
    state = official_sam()
    decoder = decoder_of(from_official_state(state, "tiny"))
    torch.manual_seed(0)
    image, positions, dense = torch.randn(3, 1, 32, 5, 6).unbind()
    prompts = torch.randn(1, 4, 32)
    weights = {name.removeprefix("mask_decoder."): value for name, value in state.items()}
    with torch.no_grad():
        expected = official_decoder(weights, image, positions, prompts, dense)
        got = decoder(image, positions, prompts[:, None], None, None, dense[:, None])
    assert expected[0].std() > 0.01
    for mine, theirs in zip(got, expected, strict=True):
        torch.testing.assert_close(mine[:, 0], theirs, atol=1e-5, rtol=1e-5)


def test_what_has_no_size_is_taken_too(official_sam):
    state = official_sam()
    weights = from_official_state(state, "tiny").weights
    places = state["prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"]
    assert torch.equal(weights["shared_image_embedding.positional_embedding"], places)
    assert torch.equal(weights["no_mask_embed.weight"], state["prompt_encoder.no_mask_embed.weight"])


def test_prompts_that_refsam_has_not_may_be_missing(official_sam):
    state = official_sam()
    for name in list(state):
        if "point" in name or "mask_downscaling" in name:
            del state[name]
    assert (
        from_official_state(state, "tiny").weights.keys() == from_official_state(official_sam(), "tiny").weights.keys()
    )


@pytest.mark.parametrize(
    "name",
    [
        "image_encoder.pos_embed",
        "image_encoder.blocks.0.attn.rel_pos_h",
        "image_encoder.blocks.1.attn.rel_pos_h",
        "image_encoder.blocks.3.norm2.bias",
        "image_encoder.neck.2.weight",
        "mask_decoder.iou_token.weight",
        "mask_decoder.iou_prediction_head.layers.0.weight",
        "mask_decoder.output_hypernetworks_mlps.3.layers.2.bias",
        "mask_decoder.transformer.layers.1.norm4.weight",
        "prompt_encoder.no_mask_embed.weight",
        "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    ],
)
def test_what_is_wrong_is_named(official_sam, name):
    state = official_sam()
    whole = state.pop(name)
    with pytest.raises(ValueError, match=rf"^it: .* original SAM, got these missing: {name}$"):
        from_official_state(state, "it")
    with pytest.raises(ValueError, match=rf"these of another shape: (.*, )?{name} \(3, 5, 2\) for "):
        from_official_state(state | {name: torch.zeros(3, 5, 2)}, "it")
    with pytest.raises(ValueError, match=rf"these unknown: {name}x$"):
        from_official_state(state | {name: whole, f"{name}x": whole}, "it")


def test_all_of_it_is_named_at_once(official_sam):
    state = official_sam()
    del state["image_encoder.blocks.2.mlp.lin1.bias"], state["mask_decoder.mask_tokens.weight"]
    state["image_encoder.blocks.1.Space_Adapter.D_fc1.weight"] = torch.zeros(2)
    state["model.decoder"] = torch.zeros(2)
    with pytest.raises(ValueError, match=r"missing: mask_decoder.mask_tokens.weight") as caught:
        from_official_state(state, "it")
    unknown = "unknown: image_encoder.blocks.1.Space_Adapter.D_fc1.weight, model.decoder"
    assert unknown in str(caught.value)
    state["mask_decoder.mask_tokens.weight"] = torch.zeros(4, 32)
    state["prompt_encoder.no_mask_embed.weight"] = torch.zeros(1, 31)
    with pytest.raises(ValueError, match=r"missing: image_encoder.blocks.2.mlp.lin1.bias;") as caught:
        from_official_state(state, "it")
    assert unknown in str(caught.value)
    assert "shape: prompt_encoder.no_mask_embed.weight (1, 31) for (1, 32)" in str(caught.value)


def test_our_own_names_are_not_the_official_ones(official_sam):
    """transformers' names, of which some look alike, are unknown, and do not stand in for the official ones."""
    ours = {
        "image_encoder.blocks.0.norm1.weight": "image_encoder.blocks.0.layer_norm1.weight",
        "mask_decoder.transformer.norm_final_attn.bias": "mask_decoder.transformer.layer_norm_final_attn.bias",
    }
    state = official_sam()
    for official, mine in ours.items():
        state[mine] = state.pop(official)
    with pytest.raises(ValueError, match="unknown") as caught:
        from_official_state(state, "it")
    assert all(official in str(caught.value) and mine in str(caught.value) for official, mine in ours.items())


def test_a_number_of_heads_that_cannot_be(official_sam):
    with pytest.raises(
        ValueError, match=r"it: expected a mask decoder whose attention has 8 heads.* widths 24 and 12"
    ):
        from_official_state(official_sam(channels=24), "it")


def test_a_file(official_sam, save):
    path = save({"sam": official_sam()})["sam"]
    sam = read_official_sam(path)
    assert sam.name == str(path)
    assert torch.equal(sam.weights["vision_tower.pos_embed"], official_sam()["image_encoder.pos_embed"])
