import pytest
import torch
from transformers import SamMaskDecoderConfig
from transformers.models.sam.modeling_sam import SamMaskDecoder

from refsam_hf.modules import RefSamMaskDecoder


def make_config(attention):
    config = SamMaskDecoderConfig(hidden_size=32, mlp_dim=48, num_attention_heads=2, iou_head_hidden_dim=28)
    config._attn_implementation = attention
    return config


@pytest.fixture(params=["eager", "sdpa"])
def decoder(request):
    torch.manual_seed(0)
    decoder = RefSamMaskDecoder(make_config(request.param)).eval()
    for parameter in decoder.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return decoder


@pytest.fixture
def inputs():
    """Two clips of a 3x5 grid, three expressions of four words."""
    torch.manual_seed(1)
    return {
        "image_embeddings": torch.randn(2, 32, 3, 5),
        "image_positional_embeddings": torch.randn(1, 32, 3, 5),
        "sparse_embeddings": torch.randn(2, 3, 4, 32),
        "sparse_mask": torch.ones(2, 3, 4),
        "track_token": None,
        "dense_embeddings": torch.randn(2, 3, 32, 3, 5),
    }


def test_it_is_sams_own_decoder(decoder, inputs):
    """SAM's takes one dense embedding per image, so it is asked clip by clip, expression by expression."""
    sam = SamMaskDecoder(decoder.config).eval()
    sam.load_state_dict(decoder.state_dict())
    masks, scores, _ = decoder(**inputs)
    assert masks.shape == (2, 3, 12, 20)
    assert scores.shape == (2, 3)
    assert masks.std() > 0.1
    for b in range(2):
        for e in range(3):
            expected_masks, expected_scores = sam(
                image_embeddings=inputs["image_embeddings"][b : b + 1],
                image_positional_embeddings=inputs["image_positional_embeddings"],
                sparse_prompt_embeddings=inputs["sparse_embeddings"][b : b + 1, e : e + 1],
                dense_prompt_embeddings=inputs["dense_embeddings"][b : b + 1, e],
                multimask_output=False,
            )
            torch.testing.assert_close(masks[b, e], expected_masks[0, 0, 0], atol=1e-5, rtol=0)
            torch.testing.assert_close(scores[b, e], expected_scores[0, 0, 0], atol=1e-5, rtol=0)


@pytest.mark.parametrize(("rate", "width"), [(1, 32), (2, 16), (4, 8)])
def test_the_width_of_every_cross_attention_is_the_configs(rate, width):
    config = make_config("sdpa")
    config.attention_downsample_rate = rate
    transformer = RefSamMaskDecoder(config).transformer
    for layer in transformer.layers:
        for attention in (layer.cross_attn_token_to_image, layer.cross_attn_image_to_token):
            assert attention.q_proj.weight.shape == (width, 32)
        assert layer.self_attn.q_proj.weight.shape == (32, 32)
    assert transformer.final_attn_token_to_image.q_proj.weight.shape == (width, 32)


def test_without_words_it_is_sams_decoder_without_prompts(decoder, inputs):
    sam = SamMaskDecoder(decoder.config).eval()
    sam.load_state_dict(decoder.state_dict())
    inputs.update(sparse_embeddings=None, sparse_mask=None, dense_embeddings=inputs["dense_embeddings"][:, :1])
    masks, scores, _ = decoder(**inputs)
    expected_masks, expected_scores = sam(
        image_embeddings=inputs["image_embeddings"],
        image_positional_embeddings=inputs["image_positional_embeddings"].expand(2, -1, -1, -1),
        sparse_prompt_embeddings=None,
        dense_prompt_embeddings=inputs["dense_embeddings"][:, 0],
        multimask_output=False,
    )
    torch.testing.assert_close(masks, expected_masks[:, :, 0], atol=1e-5, rtol=0)
    torch.testing.assert_close(scores, expected_scores[:, :, 0], atol=1e-5, rtol=0)


def test_the_mask_token_is_what_the_mask_is_made_of(decoder, inputs):
    """The token that is handed out is the one that becomes the mask's kernel."""
    tokens = []
    handle = decoder.output_hypernetworks_mlps[0].register_forward_hook(lambda _, args, __: tokens.append(args[0]))
    _, _, mask_token = decoder(**inputs)
    handle.remove()
    assert mask_token.shape == (2, 3, 32)
    assert torch.equal(mask_token, tokens[0].unflatten(0, (2, 3)))


def test_padded_words_change_nothing(decoder, inputs):
    inputs["sparse_mask"][:, :, 2:] = 0
    padded = decoder(**inputs)
    inputs["sparse_embeddings"][:, :, 2:] = 50.0
    for got, expected in zip(decoder(**inputs), padded, strict=True):
        torch.testing.assert_close(got, expected, atol=1e-5, rtol=0)
    inputs.update(sparse_embeddings=inputs["sparse_embeddings"][:, :, :2], sparse_mask=None)
    for got, expected in zip(decoder(**inputs), padded, strict=True):
        torch.testing.assert_close(got, expected, atol=1e-5, rtol=0)


def test_without_a_mask_every_word_is_real(decoder, inputs):
    expected = decoder(**inputs)
    inputs["sparse_mask"] = None
    for got, same in zip(decoder(**inputs), expected, strict=True):
        assert torch.equal(got, same)


def test_words_and_track_token_are_prompts(decoder, inputs):
    masks, scores, token = decoder(**inputs)
    inputs["track_token"] = torch.randn(2, 3, 32)
    tracked_masks, tracked_scores, tracked_token = decoder(**inputs)
    assert (tracked_masks - masks).abs().amax(dim=(-1, -2)).min() > 1e-2
    assert (tracked_scores - scores).abs().min() > 1e-4
    assert (tracked_token - token).abs().amax(dim=-1).min() > 1e-2
    # a token like the words: as one more word it gives the same
    as_word = torch.cat([inputs["track_token"].unsqueeze(2), inputs["sparse_embeddings"]], dim=2)
    inputs.update(track_token=None, sparse_embeddings=as_word, sparse_mask=None)
    torch.testing.assert_close(decoder(**inputs)[0], tracked_masks, atol=1e-5, rtol=0)


def test_expressions_do_not_influence_each_other(decoder, inputs):
    inputs["track_token"] = torch.randn(2, 3, 32)
    masks, scores, token = decoder(**inputs)
    one = {name: value[:, 1:2] for name, value in inputs.items() if not name.startswith("image")}
    alone = decoder(**{**inputs, **one})
    for got, together in zip(alone, (masks, scores, token), strict=True):
        torch.testing.assert_close(got, together[:, 1:2], atol=1e-5, rtol=0)


def test_a_dense_embedding_for_all_expressions(decoder, inputs):
    shared = inputs["dense_embeddings"][:, :1]
    inputs["dense_embeddings"] = shared.expand(-1, 3, -1, -1, -1)
    masks, _, _ = decoder(**inputs)
    inputs["dense_embeddings"] = shared.repeat(1, 3, 1, 1, 1)
    torch.testing.assert_close(decoder(**inputs)[0], masks, atol=1e-6, rtol=0)
