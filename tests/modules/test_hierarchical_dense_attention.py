import pytest
import torch
from torch.nn.functional import conv2d, normalize

from refsam_hf.hub.conversion import CROSS_MODAL_MLP_RULES, DENSE_ATTENTION_RULES, convert_names
from refsam_hf.modules import CrossModalMlp, HierarchicalDenseAttention


@pytest.mark.reference
def test_the_authors_dense_attention(official):
    mlp = CrossModalMlp(official.text_width, official.channels, official.hidden_layers)
    mlp.load_state_dict(convert_names(official.of("prompt.cross_modal_mlp."), CROSS_MODAL_MLP_RULES))
    attention = HierarchicalDenseAttention(official.channels, official.width, num_intermediate=0, unit_length=True)
    attention.load_state_dict(convert_names(official.of("prompt.dense_attention_conv."), DENSE_ATTENTION_RULES))

    hidden = official["prompt.text_hidden_states"]  # (X, N, d)
    words, sentence = normalize(mlp(hidden), dim=-1), normalize(mlp(hidden.mean(dim=1)), dim=-1)
    frames = official.series("prompt.frame{}.image_embeddings")
    for index, frame in enumerate(frames):
        visual = normalize(frame, dim=1)  # (B, C, h, w)
        normalised = official[f"prompt.frame{index}.normalised_image_embeddings"]
        torch.testing.assert_close(visual, normalised, atol=2e-5, rtol=0)
        per_clip = (len(visual), -1)  # (X, ...) -> (B, E, ...)
        dense = attention(
            visual,
            (),
            words.unflatten(0, per_clip),
            sentence.unflatten(0, per_clip),
            torch.ones(words.shape[:2]).unflatten(0, per_clip),
        )
        expected = official[f"prompt.frame{index}.dense_embeddings"]
        torch.testing.assert_close(dense.flatten(0, 1), expected, atol=2e-5, rtol=0)


CHANNELS, WIDTH = 16, 24


@pytest.fixture
def inputs():
    """Two clips of a 3x5 grid, two levels, three expressions, the second of which has a padded word."""
    torch.manual_seed(0)
    mask = torch.ones(2, 3, 4)
    mask[:, 1, 2:] = 0
    return {
        "visual_embedding": torch.randn(2, CHANNELS, 3, 5),
        "intermediate_embeddings": tuple(torch.randn(2, 3, 5, WIDTH) for _ in range(2)),
        "words": 3 * torch.randn(2, 3, 4, CHANNELS),
        "sentence": 3 * torch.randn(2, 3, CHANNELS),
        "attention_mask": mask,
    }


def literally(module, visual_embedding, intermediate_embeddings, words, sentence, attention_mask):
    """Hierarchical dense attention as the paper has it: level by level, expression by expression, clip by clip."""
    clips = []
    for b in range(len(visual_embedding)):
        levels = [visual_embedding[b]]
        for projection, embedding in zip(module.level_projections, intermediate_embeddings, strict=False):
            level = conv2d(embedding[b].permute(2, 0, 1)[None], projection.weight, projection.bias)[0]  # (C, h, w)
            levels.append(level / level.norm(dim=0, keepdim=True) if module.unit_length else level)
        weights = module.level_weights if len(levels) > 1 else [1.0]
        expressions = []
        for e in range(words.shape[1]):
            real = words[b, e][attention_mask[b, e] == 1]
            asked = torch.cat([real, sentence[b, e][None]])  # (n + 1, C)
            merged = 0
            for weight, level in zip(weights, levels, strict=True):
                positions = level.flatten(1).T  # (P, C)
                attention = torch.softmax(positions @ asked.T / CHANNELS**0.5, dim=-1)  # (P, n + 1)
                found = (attention @ asked).T.reshape(level.shape)  # (C, h, w)
                joined = torch.cat([level, found])[None]  # (1, 2C, h, w)
                conv = module.dense_attention_conv
                merged = merged + weight * conv2d(joined, conv.weight, conv.bias)[0]
            expressions.append(merged)
        clips.append(torch.stack(expressions))
    return torch.stack(clips)


@pytest.mark.parametrize("unit_length", [True, False])
@pytest.mark.parametrize("num_intermediate", [0, 1, 2])
def test_it_is_what_the_paper_says(inputs, unit_length, num_intermediate):
    inputs["intermediate_embeddings"] = inputs["intermediate_embeddings"][: max(num_intermediate, 1)]
    module = HierarchicalDenseAttention(CHANNELS, WIDTH, num_intermediate, unit_length)
    if num_intermediate:
        module.level_weights.data = torch.tensor([0.5, -0.3, 0.9])[: num_intermediate + 1]
    dense = module(**inputs)
    assert dense.shape == (2, 3, CHANNELS, 3, 5)
    torch.testing.assert_close(dense, literally(module, **inputs), atol=1e-5, rtol=0)


def test_levels_start_with_the_same_weight_and_all_learn(inputs):
    module = HierarchicalDenseAttention(CHANNELS, WIDTH, 2, True)
    assert module.level_weights.tolist() == pytest.approx([1 / 3] * 3)
    module(**inputs).square().sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in module.parameters())


def test_padded_words_and_other_expressions_change_nothing(inputs):
    module = HierarchicalDenseAttention(CHANNELS, WIDTH, 2, True)
    dense = module(**inputs)
    inputs["words"][:, 1, 2:] = 100.0  # padding
    inputs["words"][:, 0] = 7.0  # another expression
    changed = module(**inputs)
    torch.testing.assert_close(changed[:, 1:], dense[:, 1:], atol=1e-6, rtol=0)
    assert (changed[:, 0] - dense[:, 0]).abs().max() > 0.1


def test_plain_dense_attention_has_no_parameters_for_levels():
    module = HierarchicalDenseAttention(CHANNELS, WIDTH, 0, True)
    assert [name for name, _ in module.named_parameters()] == [
        "dense_attention_conv.weight",
        "dense_attention_conv.bias",
    ]
