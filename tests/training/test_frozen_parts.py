"""What is frozen builds no graph; what learns does, under gradient checkpointing too, with the same gradients."""

import copy
from functools import partial

import pytest
import torch

from refsam_hf.training.activation_checkpointing import checkpoint_activations
from refsam_hf.training.adaptation import AdaptationConfig, adapt
from refsam_hf.training.optimizer import train_parts

PAPER = ("adapters", "cross_modal_mlp", "hierarchical_dense_attention", "mask_decoder", "implicit_tracking")


@pytest.fixture(params=["the model's own", "added"])
def model(request, tiny_model):
    """Adapters in the blocks 2 and 3 of 4."""
    made = tiny_model(text_config={"dropout_rate": 0.0}).train()
    if request.param == "added":
        adapt(made, AdaptationConfig("adapters"))
    else:
        train_parts(made, PAPER)
    return made


@pytest.fixture
def batch(tiny_inputs):
    labels = torch.zeros(1, 2, 3, 48, 48, dtype=torch.uint8)
    labels[..., 10:30, 10:30] = 1
    return {**tiny_inputs, "labels": labels}


def outputs_of(model, batch):
    """The outputs of the tower's blocks and of the text encoder in one forward; and how often the blocks ran."""
    seen, runs = {}, []
    modules = {f"block {number}": layer for number, layer in enumerate(model.vision_tower.layers)}
    modules["text"] = model.text_encoder

    def record(name, module, arguments, output):
        seen.setdefault(name, output if torch.is_tensor(output) else output[0])

    handles = [module.register_forward_hook(partial(record, name)) for name, module in modules.items()]
    handles += [
        layer.attn.register_forward_hook(lambda *_, number=number: runs.append(number))
        for number, layer in enumerate(model.vision_tower.layers)
    ]
    model(**batch).loss.backward()
    for handle in handles:
        handle.remove()
    return seen, runs


@pytest.mark.parametrize("recomputed", [False, True])
def test_what_is_frozen_builds_no_graph(model, batch, recomputed):
    if recomputed:
        checkpoint_activations(model)
    seen, runs = outputs_of(model, batch)
    for name in ("block 0", "block 1", "text"):
        assert seen[name].grad_fn is None, name
        assert not seen[name].requires_grad, name
    assert seen["block 2"].requires_grad
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad or parameter.grad is None, name
    # in the backward pass, the blocks that learn run once more
    assert sorted(runs) == ([0, 1, 2, 2, 3, 3] if recomputed else [0, 1, 2, 3])


def test_gradient_checkpointing_changes_no_gradient(model, batch):
    other = copy.deepcopy(model)
    checkpoint_activations(other)
    losses = []
    for made in (model, other):
        output = made(**batch)
        output.loss.backward()
        losses.append(output.loss.item())
    assert losses[0] == losses[1]
    compared = 0
    for (name, one), (_, two) in zip(model.named_parameters(), other.named_parameters(), strict=True):
        assert (one.grad is None) == (two.grad is None), name
        if one.grad is not None:
            torch.testing.assert_close(one.grad, two.grad, rtol=1e-4, atol=1e-8, msg=name)
            compared += 1
    assert compared > 20
