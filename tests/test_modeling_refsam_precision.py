"""Attention implementations and number formats: the same masks, as near as the format allows."""

import pytest
import torch

from refsam_hf import RefSamModel


@pytest.fixture(scope="module")
def model(tiny_model):
    """Not to be changed by a test."""
    return tiny_model()


def run(model, inputs):
    with torch.no_grad():
        return model(**inputs)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_every_part_uses_the_attention_asked_for(tiny_folder, attention, model, tiny_inputs):
    loaded = RefSamModel.from_pretrained(tiny_folder, attn_implementation=attention)
    parts = (loaded, loaded.vision_tower, loaded.text_encoder, loaded.mask_decoder)
    assert [part.config._attn_implementation for part in parts] == [attention] * 4
    blocks = {type(layer.attn).__name__ for layer in loaded.vision_tower.layers}
    assert blocks == {"SamVisionAttention" if attention == "eager" else "SamVisionSdpaAttention"}
    torch.testing.assert_close(
        run(loaded, tiny_inputs).pred_masks, run(model, tiny_inputs).pred_masks, atol=1e-4, rtol=0
    )


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 0.3), (torch.float16, 0.03)])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_half_precision(tiny_folder, model, tiny_inputs, dtype, tolerance, attention):
    loaded = RefSamModel.from_pretrained(tiny_folder, dtype=dtype, attn_implementation=attention)
    # but T5, which transformers keeps from overflowing in float16
    assert {parameter.dtype for name, parameter in loaded.named_parameters() if "text_encoder" not in name} == {dtype}
    output, expected = run(loaded, tiny_inputs), run(model, tiny_inputs)
    for name in ("pred_masks", "iou_scores", "track_tokens"):
        assert output[name].dtype == dtype
        assert output[name].isfinite().all()
    difference = output.pred_masks.float() - expected.pred_masks
    assert difference.abs().max() < tolerance * expected.pred_masks.std()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_of_padded_expressions_is_finite(tiny_folder, tiny_inputs, dtype):
    loaded = RefSamModel.from_pretrained(tiny_folder, dtype=dtype)
    tiny_inputs["attention_mask"][:, 1] = 0
    assert run(loaded, tiny_inputs).pred_masks.isfinite().all()


def test_what_is_saved_in_half_precision_comes_back_in_it_or_another(model, tiny_folder, tmp_path):
    RefSamModel.from_pretrained(tiny_folder, dtype=torch.bfloat16).save_pretrained(tmp_path)
    for options, dtype in (({}, torch.bfloat16), ({"dtype": torch.float32}, torch.float32)):
        loaded = RefSamModel.from_pretrained(tmp_path, **options)
        assert {parameter.dtype for parameter in loaded.parameters()} == {dtype}


def test_a_step_of_mixed_precision_training(tiny_model, tiny_inputs):
    model = tiny_model(iou_loss_weight=0.1)
    model.train()
    labels = torch.zeros(1, 2, 3, 48, 48)
    labels[..., 10:30, 10:30] = 1
    full = model(**tiny_inputs, labels=labels).loss
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    losses = []
    for _ in range(3):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = model(**tiny_inputs, labels=labels)
        assert output.loss.dtype == torch.float32
        losses.append(output.loss.item())
        optimizer.zero_grad()
        output.loss.backward()
        assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
        optimizer.step()
    assert losses[0] == pytest.approx(full.item(), rel=0.02)
    assert losses[-1] < losses[0]


def test_a_session_in_half_precision(tiny_folder, tiny_processor, tiny_clip, tiny_texts):
    loaded = RefSamModel.from_pretrained(tiny_folder, dtype=torch.bfloat16)
    session = tiny_processor.init_video_session(tiny_texts)
    outputs = list(loaded.propagate_in_video_iterator(session, tiny_clip[:2]))
    assert len(outputs) == 2
    for output in outputs:
        assert output.pred_masks.dtype == torch.bfloat16
        (masks,) = tiny_processor.post_process_masks([output.pred_masks], [output.original_size])
        assert masks.shape == (2, 30, 40)
