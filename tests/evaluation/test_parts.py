"""Parts of a model switched off, and given back."""

import numpy as np
import pytest
import torch

from refsam_hf.benchmarks.shapes import iterate_shapes
from refsam_hf.evaluation.parts import (
    Change,
    changes_of,
    level_weights,
    score_changes,
    shuffle_words,
    without_track_token,
    words_in_the_first_frame,
)


@pytest.fixture(scope="module")
def model(tiny_model):
    return tiny_model()


@torch.no_grad()
def logits(model, inputs):
    return model(**inputs).pred_masks


def test_without_the_track_token_every_frame_is_the_first(model, tiny_inputs):
    before = logits(model, tiny_inputs)
    with without_track_token(model):
        cut = logits(model, tiny_inputs)
    alone = torch.cat(
        [logits(model, tiny_inputs | {"pixel_values": tiny_inputs["pixel_values"][:, t : t + 1]}) for t in range(3)],
        dim=2,
    )
    torch.testing.assert_close(cut, alone, rtol=0, atol=1e-4)
    assert (cut - before)[:, :, 1:].abs().max() > 1e-2
    torch.testing.assert_close(logits(model, tiny_inputs), before, rtol=0, atol=0)


def test_the_words_are_read_in_the_first_frame_only(model, tiny_inputs):
    before = logits(model, tiny_inputs)
    with words_in_the_first_frame(model):
        told_once = logits(model, tiny_inputs)
    seen = torch.zeros(1, 2, 3, dtype=torch.bool)
    seen[:, :, 0] = True
    torch.testing.assert_close(told_once, logits(model, tiny_inputs | {"words_seen": seen}), rtol=0, atol=1e-4)
    assert (told_once - before)[:, :, 1:].abs().max() > 1e-2
    torch.testing.assert_close(logits(model, tiny_inputs), before, rtol=0, atol=0)


def test_the_levels_weigh_the_same_within_the_block_only(model, tiny_inputs):
    before = logits(model, tiny_inputs)
    weights = model.hierarchical_dense_attention.level_weights
    learned = weights.detach().clone()
    with level_weights(model, 1.0):
        assert weights.tolist() == [1.0] * 3
        assert (logits(model, tiny_inputs) - before).abs().max() > 1e-2
    assert torch.equal(weights, learned)
    with pytest.raises(ValueError, match="pixel_values"), level_weights(model, 1.0):
        model()
    assert torch.equal(weights, learned)
    assert weights.requires_grad


def test_a_model_without_the_part_has_nothing_to_switch(tiny_model):
    model = tiny_model(dense_embeddings="da", implicit_tracking=False)
    assert list(changes_of(model)) == ["as it is", "words shuffled"]
    with (
        pytest.raises(ValueError, match="expected a model with dense_embeddings='hda', got 'da'"),
        level_weights(model, 1),
    ):
        pass


def test_words_are_put_in_another_order():
    text = "the yellow cross below the striped cross"
    assert shuffle_words(text) != text
    assert sorted(shuffle_words(text).split()) == sorted(text.split())
    assert shuffle_words(text) == shuffle_words(text)
    assert shuffle_words("red circle") == "circle red"
    assert shuffle_words("circle") == "circle"
    assert shuffle_words("the the") == "the the"


def test_every_change_is_measured_and_undone(model, tiny_processor):
    _, clip, expressions = next(iterate_shapes("val", num_clips=1, num_frames=3, size=(48, 64), kinds=("appearance",)))
    state = {name: value.clone() for name, value in model.state_dict().items()}
    changes = changes_of(model)
    assert list(changes) == [
        "as it is",
        "words shuffled",
        "no track token",
        "words in the first frame only",
        "levels weighted 1",
        "levels weighted 1/3",
    ]
    scores = score_changes(model, tiny_processor, clip, expressions, changes | {"again": Change()})
    assert list(scores) == [*changes, "again"]
    assert all(len(rows) == 2 for rows in scores.values())
    for name in ("words shuffled", "no track token", "words in the first frame only", "levels weighted 1"):
        pairs = zip(scores["as it is"], scores[name], strict=True)
        assert any(not np.array_equal(one.j, other.j) for one, other in pairs), name
    for one, other in zip(scores["as it is"], scores["again"], strict=True):
        np.testing.assert_array_equal(one.j, other.j)
    after = model.state_dict()
    assert list(after) == list(state)
    assert all(torch.equal(after[name], value) for name, value in state.items())
