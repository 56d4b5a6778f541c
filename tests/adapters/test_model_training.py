"""How adapters are trained and run: half precision, gradient checkpointing, compilation."""

import pytest
import torch
from peft import LoraConfig, get_peft_model

from refsam_hf import RefSamAdapterConfig
from refsam_hf.training.activation_checkpointing import checkpoint_activations

pytestmark = pytest.mark.filterwarnings("ignore:You are trying to modify a model with PEFT for a second time")


@pytest.fixture
def model(tiny_model):
    return tiny_model()


@pytest.fixture
def labels():
    labels = torch.zeros(1, 2, 3, 48, 48)
    labels[..., 10:30, 10:30] = 1
    return labels


def gradients(model, inputs, labels):
    torch.manual_seed(0)
    model.zero_grad()
    model(**inputs, labels=labels).loss.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}


def named(gradients, *parts):
    return [name for name in gradients if any(part in name for part in parts)]


@pytest.mark.parametrize("use_reentrant", [False, True])
@pytest.mark.parametrize(
    "config",
    [
        None,
        RefSamAdapterConfig(layers_to_transform=[1, 3]),
        LoraConfig(target_modules=["attn.qkv"]),
    ],
    ids=["built in", "RefSAM", "LoRA"],
)
def test_gradient_checkpointing(model, tiny_inputs, labels, teach, config, use_reentrant):
    if config is not None:
        model.add_adapter(config, "new")
        teach(model, "new")
    model.train()
    expected = gradients(model, tiny_inputs, labels)
    checkpoint_activations(model, use_reentrant)
    got = gradients(model, tiny_inputs, labels)
    count = {None: 16, "REFSAM_ADAPTER": 16, "LORA": 8}[None if config is None else config.peft_type.value]
    assert len(named(expected, "refsam_adapter", "lora")) == count
    assert got.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(got[name], gradient, atol=1e-6, rtol=1e-4)


def test_what_is_frozen_before_the_first_adapter_builds_no_graph(model, tiny_inputs):
    model.add_adapter(RefSamAdapterConfig(layers_to_transform=[2]), "new")
    checkpoint_activations(model)
    model.train()
    seen = []
    for layer in model.vision_tower.layers:
        layer.register_forward_hook(lambda module, args, output: seen.append(output.requires_grad))
    model.text_encoder.register_forward_hook(lambda module, args, output: seen.append(output[0].requires_grad))
    model(**tiny_inputs)
    assert seen == [False, False, True, True, False]


def test_half_precision(model, masks, teach):
    full = masks(model)
    half = model.to(torch.bfloat16)
    before = masks(half)
    assert before.dtype == torch.bfloat16
    assert (before.float() - full).abs().max() < 0.1
    config = RefSamAdapterConfig(init_weights="default")
    half.add_adapter(config, "in_half")
    assert half.vision_tower.layers[3].mlp.refsam_adapter_up["in_half"].weight.dtype == torch.bfloat16
    assert torch.equal(masks(half), before)
    # PEFT's own call keeps the adapter in float32
    half.delete_adapter("in_half")
    peft_model = get_peft_model(half, config, adapter_name="in_full")
    assert half.vision_tower.layers[3].mlp.refsam_adapter_up["in_full"].weight.dtype == torch.float32
    assert (masks(peft_model).float() - before.float()).abs().max() < 0.1
    teach(peft_model, "in_full")
    assert (masks(peft_model).float() - before.float()).abs().max() > 0.01
    peft_model.set_adapter("default")
    assert torch.equal(masks(peft_model), before)


def test_a_step_under_autocast(model, tiny_inputs, labels):
    model.add_adapter(RefSamAdapterConfig(init_weights=False), "new")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = gradients(model.train(), tiny_inputs, labels)
    assert len(found) == 16
    assert all(gradient.dtype == torch.float32 and gradient.isfinite().all() for gradient in found.values())


def compiled_and_not(model, part, inputs, backend):
    torch._dynamo.reset()
    compiled = torch.compile(part, backend=backend, fullgraph=True)
    different = []
    for name in ("new", "default", "new"):
        model.set_adapter(name)
        with torch.no_grad():
            expected, got = part(inputs), compiled(inputs)
        expected, got = (getattr(output, "visual_embedding", output) for output in (expected, got))
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)
        different.append(expected)
    assert (different[0] - different[1]).abs().max() > 0.01


def test_compiled_and_switched(model, teach):
    model.add_adapter(RefSamAdapterConfig(width_ratio=0.5), "new")
    teach(model, "new")
    inputs = torch.randn(2, 6, 6, 24, generator=torch.Generator().manual_seed(1))
    compiled_and_not(model, model.vision_tower.layers[3], inputs, "aot_eager")


@pytest.mark.slow
def test_compiled_by_inductor_and_switched(model, teach):
    model.add_adapter(RefSamAdapterConfig(width_ratio=0.5), "new")
    teach(model, "new")
    inputs = torch.randn(2, 3, 48, 48, generator=torch.Generator().manual_seed(1))
    compiled_and_not(model, model.vision_tower, inputs, "inductor")
