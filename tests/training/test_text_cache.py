"""A frozen text encoder runs once per expression, and what it gives is what it gave."""

import pytest
import torch

from refsam_hf.training.optimizer import train_parts
from refsam_hf.training.text_cache import cache_frozen_text


@pytest.fixture
def model(tiny_model):
    return tiny_model()


def batch(*texts):
    """Token ids and mask of texts of so many words, all of them of other words."""
    longest = max(len(text) for text in texts)
    ids = torch.tensor([[*text, *[0] * (longest - len(text))] for text in texts])
    return ids, (torch.arange(longest) < torch.tensor([len(text) for text in texts])[:, None]).long()


FIRST, SECOND, THIRD = (5, 6, 7, 1), (8, 1), (9, 10, 11, 12, 13, 1)


def test_each_expression_is_encoded_once(model):
    plain = [model.get_text_embeddings(*batch(FIRST, SECOND)), model.get_text_embeddings(*batch(SECOND, THIRD, FIRST))]
    cache = cache_frozen_text(model, 10**6)
    cached = [
        model.get_text_embeddings(*batch(FIRST, SECOND)),
        model.get_text_embeddings(*batch(SECOND, THIRD, FIRST)),
    ]
    assert cache.encoded == 3
    for one, other in zip(plain, cached, strict=True):
        real = one.attention_mask.bool()
        torch.testing.assert_close(one.words[real], other.words[real], atol=1e-5, rtol=0)
        torch.testing.assert_close(one.sentence, other.sentence, atol=1e-5, rtol=0)
        assert one.sentence.std() > 0.01
    model.get_text_embeddings(*batch(FIRST))
    assert cache.encoded == 3


def test_what_is_kept_depends_on_nothing_beside_it(model):
    """Bit for bit, or a training that goes on would not."""
    alone = cache_frozen_text(model, 10**6)(*batch(SECOND)).last_hidden_state
    beside = cache_frozen_text(model, 10**6)(*batch(THIRD, SECOND, FIRST)).last_hidden_state
    assert torch.equal(alone[0], beside[1, :2])
    assert not beside[1, 2:].any()


def test_padding_is_no_expression(model):
    cache = cache_frozen_text(model, 10**6)
    ids, mask = batch(FIRST, SECOND)
    mask[1] = 0
    assert not cache(ids, mask).last_hidden_state[1].any()
    assert not cache(ids, torch.zeros_like(mask)).last_hidden_state.any()
    assert cache.encoded == 1


def test_memory_is_bounded_and_the_oldest_goes(model):
    size = 4 * 20  # bytes of a word
    cache = cache_frozen_text(model, 6 * size)
    for text, encoded in ((FIRST, 1), (SECOND, 2), (FIRST, 2), ((3, 1), 3), (FIRST, 3), (SECOND, 4), (THIRD, 5)):
        cache(*batch(text))
        assert cache.encoded == encoded
    assert cache._bytes == 6 * size == sum(hidden.nbytes for hidden in cache._kept.values())
    assert cache_frozen_text(model, 0) is None


def test_no_graph_and_the_same_names(model):
    names = list(model.state_dict())
    cache_frozen_text(model, 10**6)
    assert list(model.state_dict()) == names
    text = model.text_encoder(*batch(FIRST)).last_hidden_state
    assert not text.requires_grad
    assert model.get_text_embeddings(*batch(FIRST)).words.requires_grad, "the Cross-Modal MLP learns"


def test_an_encoder_that_learns_is_asked_each_time(model):
    train_parts(model, ["text_encoder"])
    assert cache_frozen_text(model, 10**6) is None
    assert model.text_encoder(*batch(FIRST)).last_hidden_state.requires_grad
