import pytest
import torch
from torch.nn.functional import normalize, relu

from refsam_hf.hub.conversion import CROSS_MODAL_MLP_RULES, convert_names
from refsam_hf.modules import CrossModalMlp


@pytest.mark.reference
def test_the_authors_cross_modal_mlp(official):
    mlp = CrossModalMlp(official.text_width, official.channels, official.hidden_layers)
    mlp.load_state_dict(convert_names(official.of("prompt.cross_modal_mlp."), CROSS_MODAL_MLP_RULES))
    words = normalize(mlp(official["prompt.text_hidden_states"]), dim=-1)
    for expected in official.series("prompt.frame{}.sparse_embeddings"):
        torch.testing.assert_close(words, expected, atol=2e-5, rtol=0)


@pytest.mark.parametrize("hidden_layers", [0, 1, 2, 6])
def test_layers_and_widths(hidden_layers):
    mlp = CrossModalMlp(20, 32, hidden_layers)
    weights = [parameter for parameter in mlp.parameters() if parameter.ndim == 2]
    assert [tuple(weight.shape) for weight in weights] == [(10, 20), *[(10, 10)] * hidden_layers, (32, 10)]

    features = torch.randn(2, 5, 20)
    expected = features
    *inner, last = zip(weights, (parameter for parameter in mlp.parameters() if parameter.ndim == 1), strict=True)
    for weight, bias in inner:
        expected = relu(expected @ weight.T + bias)
    torch.testing.assert_close(mlp(features), expected @ last[0].T + last[1])
