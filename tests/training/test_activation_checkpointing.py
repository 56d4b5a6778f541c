"""Activation checkpointing by both names that transformers has for it."""

import pytest

from refsam_hf.training.activation_checkpointing import checkpoint_activations


class Older:
    """Has what transformers 5.17 has."""

    def gradient_checkpointing_enable(self, gradient_checkpointing_kwargs=None, every_n_layers=1, offload=False):
        self.options = gradient_checkpointing_kwargs


@pytest.mark.parametrize("use_reentrant", [False, True])
def test_an_older_transformers_has_an_older_name(use_reentrant):
    model = Older()
    checkpoint_activations(model, use_reentrant)
    assert model.options == {"use_reentrant": use_reentrant}


@pytest.mark.filterwarnings("error")
def test_the_blocks_are_computed_again(tiny_model):
    model = tiny_model()
    checkpoint_activations(model)
    assert all(layer.gradient_checkpointing for layer in model.vision_tower.layers)
    assert model.vision_tower.layers[0]._gradient_checkpointing_func.keywords == {"use_reentrant": False}
