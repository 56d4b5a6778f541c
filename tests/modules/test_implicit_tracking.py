import pytest
import torch
from torch.nn.functional import layer_norm, linear, relu

from refsam_hf.hub.conversion import IMPLICIT_TRACKING_RULES, convert_names
from refsam_hf.modules import ImplicitTracking


@pytest.mark.reference
def test_the_authors_implicit_tracking(official):
    tracking = ImplicitTracking(official.channels, attention_heads=8)
    tracking.load_state_dict(convert_names(official.of("prompt.implicit_tracking."), IMPLICIT_TRACKING_RULES))
    mask_tokens = official.series("prompt.frame{}.mask_token")
    assert len(mask_tokens) >= 3
    track_token = None
    for index, mask_token in enumerate(mask_tokens):
        track_token = tracking(mask_token, track_token)
        expected = official[f"prompt.frame{index}.track_token_out"]
        torch.testing.assert_close(track_token, expected, atol=2e-5, rtol=0)


@pytest.fixture
def tracking(randomise):
    torch.manual_seed(0)
    return randomise(ImplicitTracking(16, attention_heads=4))


def test_it_is_what_the_paper_says(tracking):
    """A sequence of one attends to itself alone, so that its attention is two linear maps."""
    weights = tracking.state_dict()

    def feed_forward(name, x):
        inner = relu(linear(x, weights[f"{name}.0.weight"], weights[f"{name}.0.bias"]))
        return linear(inner, weights[f"{name}.2.weight"], weights[f"{name}.2.bias"])

    def norm(name, x):
        return layer_norm(x, (16,), weights[f"{name}.weight"], weights[f"{name}.bias"])

    mask_token, track_token = torch.randn(2, 3, 16), torch.randn(2, 3, 16)
    for before in (None, track_token):
        s = mask_token if before is None else mask_token + before
        value = linear(s, weights["self_attn.in_proj_weight"][32:], weights["self_attn.in_proj_bias"][32:])
        attended = linear(value, weights["self_attn.out_proj.weight"], weights["self_attn.out_proj.bias"])
        x = norm("norm1", s + attended)
        x = norm("norm2", x + feed_forward("feed_forward", x))
        expected = norm("track_norm", s + feed_forward("track_feed_forward", x))
        torch.testing.assert_close(tracking(mask_token, before), expected, atol=1e-5, rtol=0)


def test_feed_forwards_are_four_times_as_wide(tracking):
    assert tracking.feed_forward[0].weight.shape == tracking.track_feed_forward[0].weight.shape == (64, 16)


def test_nothing_leaks_from_one_expression_or_clip_to_another(tracking):
    mask_token, track_token = torch.randn(2, 3, 16), torch.randn(2, 3, 16)
    together = tracking(mask_token, track_token)
    for b in range(2):
        for e in range(3):
            alone = tracking(mask_token[b : b + 1, e : e + 1], track_token[b : b + 1, e : e + 1])
            torch.testing.assert_close(together[b, e], alone[0, 0], atol=1e-5, rtol=0)
    mask_token.requires_grad_(True)
    tracking(mask_token, track_token)[0, 1].sum().backward()
    touched = mask_token.grad.abs().sum(dim=-1) > 0
    assert touched.nonzero().tolist() == [[0, 1]]
