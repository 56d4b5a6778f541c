import pytest
import torch
from transformers import BertConfig, CLIPTextConfig, RobertaConfig, T5Config

from refsam_hf.modules import build_text_encoder, encode_text
from refsam_hf.modules.text_encoder import max_text_length

SIZES = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 24,
}
CONFIGS = {
    "t5": T5Config(vocab_size=50, d_model=16, d_kv=8, d_ff=24, num_layers=1, num_heads=2),
    "roberta": RobertaConfig(**SIZES, max_position_embeddings=20),
    "bert": BertConfig(**SIZES, max_position_embeddings=20),
    "clip": CLIPTextConfig(**SIZES, max_position_embeddings=20, eos_token_id=2),
}


@pytest.fixture(params=CONFIGS)
def encoder(request):
    torch.manual_seed(0)
    return build_text_encoder(CONFIGS[request.param]).eval()


def test_the_sentence_is_the_mean_over_the_real_words(encoder):
    ids = torch.tensor([[3, 4, 5, 2, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 0, 0]])
    words, sentence = encode_text(encoder, ids, mask)
    assert words.shape == (1, 6, 16)
    assert words[:, :4].std() > 0.1
    assert (words[:, 4:] == 0).all()
    torch.testing.assert_close(sentence, words[:, :4].mean(dim=1))


def test_padding_changes_nothing(encoder):
    ids = torch.tensor([[3, 4, 5, 2]])
    words, sentence = encode_text(encoder, ids, torch.ones_like(ids))
    padded_ids = torch.tensor([[3, 4, 5, 2, 0, 0], [9, 8, 7, 6, 5, 2]])
    mask = torch.tensor([[1, 1, 1, 1, 0, 0], [1] * 6])
    padded_words, padded_sentence = encode_text(encoder, padded_ids, mask)
    torch.testing.assert_close(padded_words[:1, :4], words, atol=1e-5, rtol=0)
    torch.testing.assert_close(padded_sentence[:1], sentence, atol=1e-5, rtol=0)
    assert not torch.allclose(padded_sentence[1:], sentence, atol=1e-2)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.float32])
def test_nothing_but_padding_is_zero_and_never_nan(encoder, dtype):
    ids = torch.tensor([[3, 2], [0, 0]])
    mask = torch.tensor([[1, 1], [0, 0]]).to(dtype)
    words, sentence = encode_text(encoder, ids, mask)
    assert (words[1] == 0).all()
    assert (sentence[1] == 0).all()
    assert sentence[0].abs().max() > 0.1


def test_no_weights_that_the_words_do_not_need(encoder):
    """Checkpoints of RoBERTa and BERT seldom have their pooler, and nothing here uses it."""
    words, _ = encode_text(encoder, torch.tensor([[3, 4, 2]]), torch.ones(1, 3))
    words.square().sum().backward()
    assert [name for name, parameter in encoder.named_parameters() if parameter.grad is None] == []


def test_it_has_the_dtype_of_the_model_and_not_of_its_own_checkpoint():
    config = T5Config(**CONFIGS["t5"].to_diff_dict())
    config.dtype = torch.bfloat16
    assert {parameter.dtype for parameter in build_text_encoder(config).parameters()} == {torch.float32}


@pytest.mark.parametrize(("kind", "limit"), [("t5", None), ("roberta", 18), ("bert", 20), ("clip", 20)])
def test_how_many_tokens_it_takes(kind, limit):
    """RoBERTa's first position is the one behind its padding token's id, 1."""
    encoder = build_text_encoder(CONFIGS[kind]).eval()
    assert max_text_length(encoder) == limit
    longest = torch.full((1, limit or 100), 5)
    assert encode_text(encoder, longest, torch.ones_like(longest))[0].isfinite().all()
    if limit is not None:
        longer = torch.full((1, limit + 1), 5)
        with pytest.raises(ValueError, match=f"input_ids: expected at most {limit} tokens of a text, got {limit + 1}"):
            encode_text(encoder, longer, torch.ones_like(longer))
