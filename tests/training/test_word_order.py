import pytest
import torch
from transformers import RobertaConfig, RobertaModel, T5Config, T5EncoderModel

from refsam_hf.training.word_order import OFFSETS, start_with_word_order


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    config = T5Config(vocab_size=40, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, dropout_rate=0.0)
    return T5EncoderModel._from_config(config, attn_implementation="eager").eval()


def features(encoder, ids):
    return encoder(input_ids=torch.tensor([ids])).last_hidden_state[0]


@torch.no_grad()
def test_the_first_heads_look_at_their_neighbours(encoder):
    start_with_word_order(encoder)
    for attention in encoder(input_ids=torch.arange(2, 10)[None], output_attentions=True).attentions:
        for head, offset in enumerate(OFFSETS):
            looked_at = attention[0, head].diagonal(offset)  # by every word that has such a neighbour
            assert looked_at.mean() > 0.5
            assert attention[0, 3].diagonal(offset).mean() < 0.3


@torch.no_grad()
def test_the_order_of_the_words_changes_their_features(encoder):
    def difference():
        first, second = features(encoder, [5, 6, 7, 8, 9]), features(encoder, [9, 6, 7, 8, 5])
        return ((first.mean(0) - second.mean(0)).norm() / first.mean(0).norm()).item()

    before = difference()
    start_with_word_order(encoder)
    assert difference() > 3 * before


def test_other_encoders_stay_as_they_are():
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=40, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    encoder = RobertaModel(config)
    before = {name: weight.clone() for name, weight in encoder.state_dict().items()}
    start_with_word_order(encoder)
    assert all(torch.equal(weight, before[name]) for name, weight in encoder.state_dict().items())
