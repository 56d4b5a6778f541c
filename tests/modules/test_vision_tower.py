import pytest
import torch
from transformers.models.sam.modeling_sam import SamVisionEncoder

from refsam_hf.hub.conversion import VISION_ENCODER_RULES, convert_names
from refsam_hf.hub.sam_backbone import load_weights
from refsam_hf.modules import RefSamVisionTower


@pytest.mark.reference
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_the_authors_vision_encoder(official, official_config, attention):
    config = official_config()
    config.vision_config._attn_implementation = attention
    tower = RefSamVisionTower(config)
    weights = convert_names(official.of("vision_encoder.state_dict."), VISION_ENCODER_RULES)
    assert len(weights) == len(tower.state_dict())
    load_weights(tower, weights, "the authors' encoder")
    with torch.no_grad():
        output = tower(official["vision_encoder.pixel_values"])

    expected = official.series("vision_encoder.intermediate_embeddings.{}")
    assert len(output.intermediate_embeddings) == len(expected)
    torch.testing.assert_close(output.visual_embedding, official["vision_encoder.image_embeddings"], atol=2e-5, rtol=0)
    for level, expected_level in zip(output.intermediate_embeddings, expected, strict=True):
        torch.testing.assert_close(level, expected_level, atol=2e-5, rtol=0)


@pytest.fixture
def tower(tiny_config, randomise):
    torch.manual_seed(0)
    return randomise(RefSamVisionTower(tiny_config())).eval()


@pytest.fixture
def pixel_values():
    return torch.randn(2, 3, 48, 48, generator=torch.Generator().manual_seed(1))


def test_intermediate_embeddings_are_those_of_the_global_blocks_without_the_last(tower, pixel_values):
    output = tower(pixel_values, output_hidden_states=True)
    assert output.visual_embedding.shape == (2, 32, 6, 6)
    assert [level.shape for level in output.intermediate_embeddings] == [(2, 6, 6, 24)] * 2
    assert [hidden.shape for hidden in output.hidden_states] == [(2, 6, 6, 24)] * 5
    # hidden_states[0] is what the first block is given
    assert torch.equal(output.intermediate_embeddings[0], output.hidden_states[0 + 1])
    assert torch.equal(output.intermediate_embeddings[1], output.hidden_states[2 + 1])


def test_it_starts_as_sams_encoder(tiny_config, pixel_values):
    torch.manual_seed(0)
    tower = RefSamVisionTower(tiny_config())
    plain = SamVisionEncoder(tower.config)
    bare = {name.replace("base_layer.", ""): value for name, value in tower.state_dict().items()}
    result = plain.load_state_dict(bare, strict=False)
    assert not result.missing_keys
    assert all("refsam_adapter" in key for key in result.unexpected_keys)
    assert torch.equal(tower(pixel_values).visual_embedding, plain(pixel_values).last_hidden_state)


def test_frames_do_not_influence_each_other(tower, pixel_values):
    together = tower(pixel_values)
    alone = tower(pixel_values[1:])
    torch.testing.assert_close(together.visual_embedding[1:], alone.visual_embedding, atol=1e-5, rtol=0)
    for level, level_alone in zip(together.intermediate_embeddings, alone.intermediate_embeddings, strict=True):
        torch.testing.assert_close(level[1:], level_alone, atol=1e-5, rtol=0)


def test_attentions_of_every_block(tiny_config, randomise, pixel_values):
    config = tiny_config()
    config.vision_config._attn_implementation = "eager"
    tower = randomise(RefSamVisionTower(config)).eval()
    output = tower(pixel_values, output_attentions=True)
    # 3 heads; windows of 4x4 cells cover the 6x6 grid in 2x2 windows
    assert [tuple(weights.shape) for weights in output.attentions] == [
        (2 * 3, 36, 36) if block in (0, 2, 3) else (2 * 4 * 3, 16, 16) for block in range(4)
    ]
    torch.testing.assert_close(output.attentions[1].sum(-1), torch.ones(24, 16))
    assert tower(pixel_values).attentions is None
    assert not any(module._forward_hooks for module in tower.modules())  # what recorded them is gone


def test_sdpa_has_no_attentions_to_give(tower, pixel_values):
    assert tower.config._attn_implementation == "sdpa"
    with pytest.raises(ValueError, match="attn_implementation='eager', got one with 'sdpa'"):
        tower(pixel_values, output_attentions=True)


def test_frames_of_another_size_are_refused(tower):
    with pytest.raises(ValueError, match=r"48\*40.*48\*48"):
        tower(torch.zeros(1, 3, 48, 40))
