"""The model on whole clips: shapes, loss, what depends on what, what is learned."""

import pytest
import torch

from refsam_hf import RefSamConfig, RefSamModel
from refsam_hf.training.activation_checkpointing import checkpoint_activations
from refsam_hf.training.losses import iou_score_loss, segmentation_loss


@pytest.fixture(scope="module")
def model(tiny_model):
    """Not to be changed by a test."""
    return tiny_model()


@pytest.fixture
def labels():
    return (torch.rand(1, 2, 3, 48, 48, generator=torch.Generator().manual_seed(2)) > 0.6).long()


def run(model, inputs, **kwargs):
    with torch.no_grad():
        return model(**inputs, **kwargs)


def pick(inputs, expressions=slice(None), frames=slice(None)):
    return {
        "pixel_values": inputs["pixel_values"][:, frames],
        "input_ids": inputs["input_ids"][:, expressions],
        "attention_mask": inputs["attention_mask"][:, expressions],
    }


def test_shapes(model, tiny_inputs):
    two = {name: value.repeat(2, *[1] * (value.ndim - 1)) for name, value in tiny_inputs.items()}
    output = run(model, two, output_hidden_states=True)
    assert output.loss is None
    assert output.pred_masks.shape == (2, 2, 3, 24, 24)
    assert output.iou_scores.shape == (2, 2, 3)
    assert output.track_tokens.shape == (2, 2, 32)
    assert [hidden.shape for hidden in output.vision_hidden_states] == [(6, 6, 6, 24)] * 5
    assert output.vision_attentions is None
    assert output.pred_masks.std() > 0.1  # or no other test here would see anything


def test_clips_of_a_batch_do_not_influence_each_other(model, tiny_inputs):
    other = {name: value.flip(1) for name, value in tiny_inputs.items()}
    together = run(model, {name: torch.cat([value, other[name]]) for name, value in tiny_inputs.items()})
    for index, inputs in enumerate((tiny_inputs, other)):
        alone = run(model, inputs)
        torch.testing.assert_close(together.pred_masks[index : index + 1], alone.pred_masks, atol=1e-4, rtol=0)
        torch.testing.assert_close(together.track_tokens[index : index + 1], alone.track_tokens, atol=1e-4, rtol=0)


def test_frames_and_words_both_count(model, tiny_inputs):
    masks = run(model, tiny_inputs).pred_masks
    assert (masks[:, 0] - masks[:, 1]).abs().max() > 1e-2
    assert (masks[:, :, 0] - masks[:, :, 1]).abs().max() > 1e-2


def test_a_frame_depends_on_the_frames_before_it_alone(model, tiny_inputs):
    whole = run(model, tiny_inputs)
    start = run(model, pick(tiny_inputs, frames=slice(2)))
    torch.testing.assert_close(start.pred_masks, whole.pred_masks[:, :, :2], atol=1e-4, rtol=0)
    # and on those it does depend: the same frame as the first of a clip
    late = run(model, pick(tiny_inputs, frames=slice(1, None)))
    assert (late.pred_masks[:, :, 0] - whole.pred_masks[:, :, 1]).abs().max() > 1e-2


@pytest.mark.parametrize("expression", [0, 1])
def test_expressions_together_or_alone(model, tiny_inputs, expression):
    together = run(model, tiny_inputs)
    one = pick(tiny_inputs, expressions=slice(expression, expression + 1))
    length = int(one["attention_mask"].sum())
    one = {**one, "input_ids": one["input_ids"][..., :length], "attention_mask": one["attention_mask"][..., :length]}
    assert length < tiny_inputs["input_ids"].shape[-1] or expression == 0  # the second is the shorter one
    alone = run(model, one)
    picked = slice(expression, expression + 1)
    torch.testing.assert_close(alone.pred_masks, together.pred_masks[:, picked], atol=1e-4, rtol=0)
    torch.testing.assert_close(alone.iou_scores, together.iou_scores[:, picked], atol=1e-4, rtol=0)
    torch.testing.assert_close(alone.track_tokens, together.track_tokens[:, picked], atol=1e-4, rtol=0)


def test_without_a_mask_every_token_is_real(model, tiny_inputs):
    first = pick(tiny_inputs, expressions=slice(1))
    expected = run(model, first).pred_masks
    del first["attention_mask"]
    assert torch.equal(run(model, first).pred_masks, expected)


def test_words_that_are_not_seen_are_not_read(tiny_config, tiny_model, tiny_inputs):
    """Without a track token, nothing then tells one expression from another; with it, what was read before does."""
    seen = torch.ones(1, 2, 3, dtype=torch.bool)
    model = tiny_model()
    torch.testing.assert_close(
        run(model, tiny_inputs, words_seen=seen).pred_masks, run(model, tiny_inputs).pred_masks, atol=0, rtol=0
    )
    seen[:, :, 1:] = False
    for tracking, different in ((False, False), (True, True)):
        model = tiny_model(implicit_tracking=tracking)
        full, masks = run(model, tiny_inputs).pred_masks, run(model, tiny_inputs, words_seen=seen).pred_masks
        torch.testing.assert_close(masks[:, :, 0], full[:, :, 0], atol=0, rtol=0)
        for t in (1, 2):
            assert (masks[:, :, t] - full[:, :, t]).abs().max() > 1e-2
            assert ((masks[:, 0, t] - masks[:, 1, t]).abs().max() > 1e-3) == different


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_a_padded_expression_is_ignored_and_never_nan(tiny_model, tiny_inputs, labels, attention):
    model = tiny_model(attn_implementation=attention)
    model.requires_grad_(True)  # the text encoder too
    expected = model(**tiny_inputs, labels=labels)
    padded = {
        **tiny_inputs,
        "input_ids": torch.nn.functional.pad(tiny_inputs["input_ids"], (0, 0, 0, 1)),
        "attention_mask": torch.nn.functional.pad(tiny_inputs["attention_mask"], (0, 0, 0, 1)),
    }
    output = model(**padded, labels=torch.cat([labels, labels[:, :1]], dim=1))
    assert output.pred_masks.isfinite().all()
    torch.testing.assert_close(output.pred_masks[:, :2], expected.pred_masks, atol=1e-4, rtol=0)
    torch.testing.assert_close(output.loss, expected.loss)
    output.loss.backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters() if parameter.grad is not None)


def test_the_loss_is_that_of_the_spec(model, tiny_inputs, labels):
    output = run(model, tiny_inputs, labels=labels)
    torch.testing.assert_close(output.loss, segmentation_loss(output.pred_masks, labels))


def test_the_scores_can_be_learned(tiny_model, tiny_inputs, labels):
    model = tiny_model(iou_loss_weight=0.5)
    output = model(**tiny_inputs, labels=labels)
    expected = segmentation_loss(output.pred_masks, labels)
    expected = expected + 0.5 * iou_score_loss(output.pred_masks, output.iou_scores, labels)
    torch.testing.assert_close(output.loss, expected)
    output.loss.backward()
    assert model.mask_decoder.iou_prediction_head.proj_in.weight.grad.abs().max() > 0


def test_the_visual_embedding_words_and_sentence_have_unit_length(model, tiny_model, tiny_inputs):
    frames, ids, mask = (tiny_inputs[name][0] for name in ("pixel_values", "input_ids", "attention_mask"))
    with torch.no_grad():
        for unit_length, used in ((True, model), (False, tiny_model(unit_length=False))):
            visual = used.get_frame_embeddings(frames).visual_embedding
            text = used.get_text_embeddings(ids, mask)
            assert visual.shape == (3, 32, 6, 6)
            assert (text.words.shape, text.sentence.shape) == ((2, ids.shape[1], 32), (2, 32))
            lengths = [visual.norm(dim=1), text.words.norm(dim=-1), text.sentence.norm(dim=-1)]
            assert [torch.allclose(length, torch.ones(()), atol=1e-5) for length in lengths] == [unit_length] * 3


def test_positions_of_a_grid_that_is_no_square(model):
    """Row and column are told apart, each by its own length."""
    with torch.no_grad():
        positions = model.get_image_positional_embeddings(3, 5)
        frequencies = model.shared_image_embedding.positional_embedding  # (2, C / 2), for x and y
        x, y = (4 + 0.5) / 5, (1 + 0.5) / 3
        angle = 2 * torch.pi * ((2 * x - 1) * frequencies[0] + (2 * y - 1) * frequencies[1])
    assert positions.shape == (1, 32, 3, 5)
    torch.testing.assert_close(positions[0, :, 1, 4], torch.cat([angle.sin(), angle.cos()]), atol=1e-4, rtol=0)


@pytest.mark.parametrize("dense_embeddings", ["hda", "da", "sentence", "none"])
def test_nothing_outside_the_tower_asks_for_squares(tiny_model, tiny_inputs, dense_embeddings):
    model = tiny_model(dense_embeddings=dense_embeddings)
    frames = model.get_frame_embeddings(tiny_inputs["pixel_values"][0])
    frames.visual_embedding = frames.visual_embedding[:, :, :3, :5]
    frames.intermediate_embeddings = tuple(level[:, :3, :5] for level in frames.intermediate_embeddings)
    text = model.get_text_embeddings(tiny_inputs["input_ids"][0], tiny_inputs["attention_mask"][0])
    text.words, text.sentence, text.attention_mask = text.words[None], text.sentence[None], text.attention_mask[None]
    masks, scores, token = model._segment_frame(frames.frames(0, 1), text, None)
    assert masks.shape == (1, 2, 12, 20)
    assert (scores.shape, token.shape) == ((1, 2), (1, 2, 32))


def test_attentions(tiny_model, model, tiny_inputs):
    output = run(tiny_model(attn_implementation="eager"), tiny_inputs, output_attentions=True)
    assert len(output.vision_attentions) == 4
    with pytest.raises(ValueError, match="attn_implementation='eager'"):
        run(model, tiny_inputs, output_attentions=True)


def test_what_the_processor_gives_is_what_the_model_takes(model, tiny_processor, tiny_clip, tiny_texts, tiny_inputs):
    output = run(model, tiny_processor(video=tiny_clip[:3], text=tiny_texts))
    assert torch.equal(output.pred_masks, run(model, tiny_inputs).pred_masks)


def test_an_option_that_is_not_known_is_not_swallowed(model, tiny_inputs, labels):
    with pytest.raises(TypeError, match="label"):
        model(**tiny_inputs, label=labels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pixel_values": None}, "expected pixel_values and input_ids, or inference_session and frame"),
        ({"input_ids": None}, "expected pixel_values and input_ids"),
        ({"pixel_values": torch.zeros(3, 3, 48, 48)}, r"\(B, T, 3, H, W\), got shape \(3, 3, 48, 48\)"),
        ({"pixel_values": torch.zeros(1, 0, 3, 48, 48)}, "at least one frame and one expression"),
        ({"pixel_values": torch.zeros(1, 2, 3, 32, 48)}, r"32\*48"),
        ({"input_ids": torch.ones(2, 5, dtype=torch.long)}, r"input_ids: expected \(B, E, N\).*got shape \(2, 5\)"),
        ({"input_ids": torch.ones(4, 2, 5, dtype=torch.long)}, "with B = 1, got"),
        ({"attention_mask": torch.ones(1, 2, 3)}, r"attention_mask: expected the shape of input_ids.*got \(1, 2, 3\)"),
        ({"labels": torch.zeros(1, 2, 4, 48, 48)}, "must agree in B, E and T"),
        (
            {"words_seen": torch.ones(1, 2, 4)},
            r"words_seen: expected \(B, E, T\) = \(1, 2, 3\).*got shape \(1, 2, 4\)",
        ),
    ],
)
def test_inputs_that_do_not_fit_are_named(model, tiny_inputs, changes, message):
    with pytest.raises(ValueError, match=message):
        run(model, {**tiny_inputs, **changes})


LEARNED = {"cross_modal_mlp", "hierarchical_dense_attention", "mask_decoder", "implicit_tracking"}


def learned(model):
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_the_backbones_are_frozen(model):
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad == (name.split(".")[0] in LEARNED or "refsam_adapter" in name), name


def test_a_frozen_text_encoder_has_no_dropout(tiny_config, tiny_model, tiny_inputs):
    assert not RefSamModel(tiny_config()).text_encoder.training
    model = tiny_model()
    model.train()
    assert model.mask_decoder.training
    ids, mask = tiny_inputs["input_ids"][0], tiny_inputs["attention_mask"][0]
    assert torch.equal(model.get_text_embeddings(ids, mask).words, model.get_text_embeddings(ids, mask).words)
    model.text_encoder.requires_grad_(True)
    model.train()
    assert not torch.equal(model.get_text_embeddings(ids, mask).words, model.get_text_embeddings(ids, mask).words)


def test_a_new_model_is_sams_until_it_learns(tiny_config):
    """The adapters of a whole model are the identity, whatever range its other weights are drawn from."""
    model = RefSamModel(tiny_config())
    for name, parameter in model.named_parameters():
        if "refsam_adapter_up" in name:
            assert not parameter.any(), name
        elif "refsam_adapter_down" in name and name.endswith("weight"):
            assert parameter.std() > 0.05, name
    # SAM's own range, which leaves weights at zero that only a checkpoint fills
    model = RefSamModel(tiny_config(vision_config={"initializer_range": 1e-10}))
    assert model.vision_tower.layers[3].mlp.refsam_adapter_down["default"].weight.std() > 0.05


def test_positions_start_as_sams_own(tiny_config):
    """Frequencies of standard deviation 1: with more, cells beside each other have nothing in common."""
    torch.manual_seed(0)
    frequencies = RefSamModel(tiny_config()).shared_image_embedding.positional_embedding
    assert 0.5 < frequencies.std() < 1.5


def test_every_part_learns(tiny_model, tiny_inputs, labels):
    model = tiny_model(iou_loss_weight=1.0)
    model(**tiny_inputs, labels=labels).loss.backward()
    without = {name for name in learned(model) if model.get_parameter(name).grad is None}
    # SAM's scale mask tokens have networks of their own, whose masks nobody asks for
    assert {name.rsplit(".", 2)[0].removesuffix(".layers") for name in without} == {
        f"mask_decoder.output_hypernetworks_mlps.{index}" for index in (1, 2, 3)
    }
    assert [name for name in learned(model) - without if not model.get_parameter(name).grad.any()] == []
    assert all(parameter.grad is None for parameter in model.parameters() if not parameter.requires_grad)


def test_gradient_checkpointing_gives_the_same_gradients(tiny_model, tiny_inputs, labels):
    gradients = []
    for checkpointing in (False, True):
        model = tiny_model()
        model.train()
        if checkpointing:
            checkpoint_activations(model)
            assert all(layer.gradient_checkpointing for layer in model.vision_tower.layers)
        model(**tiny_inputs, labels=labels).loss.backward()
        gradients.append({name: p.grad for name, p in model.named_parameters() if p.grad is not None})
    assert gradients[0].keys() == gradients[1].keys()
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize(
    ("width", "depth", "heads", "global_blocks", "millions"),
    [
        (768, 12, 12, [2, 5, 8, 11], 9.909),
        (1024, 24, 16, [5, 11, 17, 23], 19.169),
        (1280, 32, 16, [7, 15, 23, 31], 33.018),
    ],
    ids=["ViT-B", "ViT-L", "ViT-H"],
)
def test_as_many_parameters_are_learned_as_the_paper_says(width, depth, heads, global_blocks, millions):
    config = RefSamConfig(
        vision_config={
            "hidden_size": width,
            "num_hidden_layers": depth,
            "num_attention_heads": heads,
            "global_attn_indexes": global_blocks,
        }
    )
    with torch.device("meta"):
        model = RefSamModel(config)
    count = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)

    channels, text_width = 256, 512
    adapter = 2 * width * width // 4 + width // 4 + width
    half = text_width // 2
    expected = (
        4_058_340  # SAM's mask decoder
        + 2 * (depth // 2) * adapter
        + (text_width * half + half) + (half * half + half) + (half * channels + channels)  # Cross-Modal MLP
        + 1_315_840  # Implicit Tracking Module
        + 131_328  # the dense attention that all levels share
        + 3 * (width * channels + channels) + 4  # the levels' projections and weights
    )  # fmt: skip
    assert count == expected
    assert count / 1e6 == pytest.approx(millions, abs=1e-3)
