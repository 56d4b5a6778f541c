"""Weights are recognised by their values."""

import pytest
import torch

from refsam_hf.hub.fingerprint import backbone_fingerprints, fingerprint


@pytest.fixture
def weights():
    return {"b": torch.arange(1200.0).reshape(40, 30) / 7, "a": torch.arange(5.0)}


def test_the_same_weights(weights):
    expected = fingerprint(weights)
    assert expected == "fb860838147d0e3031ab3a5692bd7892133bc53b72612e504ea38edcfdfc4c8e"
    assert fingerprint(dict(reversed(weights.items()))) == expected
    assert fingerprint({name: value.bfloat16() for name, value in weights.items()}) == expected
    assert fingerprint({"a": weights["a"], "b": weights["b"].T.contiguous().T}) == expected


def test_other_weights(weights):
    one = weights["b"].clone()
    one[3, 4] *= 1.01
    others = [
        {**weights, "b": one},
        {**weights, "b": weights["b"].reshape(30, 40)},
        {"c": weights["b"], "a": weights["a"]},
        {"b": weights["b"]},
        {},
    ]
    assert len({fingerprint(other) for other in (weights, *others)}) == 6


def test_what_cannot_be_recognised(weights):
    with pytest.raises(ValueError, match=r"a: expected float32 or bfloat16, .* got torch\.float16"):
        fingerprint({name: value.half() for name, value in weights.items()})
    with pytest.raises(ValueError, match=r"a: .* got no values"):
        fingerprint({"a": torch.zeros(2, device="meta")})


def test_adapters_are_no_part_of_a_backbone(tiny_model):
    model = tiny_model()
    first = backbone_fingerprints(model.state_dict())
    bare = tiny_model(space_adapter=False, mlp_adapter=False)
    plain = {name.replace(".base_layer.", "."): value for name, value in model.state_dict().items()}
    bare.load_state_dict({name: value for name, value in plain.items() if ".refsam_adapter_" not in name})
    assert backbone_fingerprints(bare.state_dict())["vision"] == first["vision"]
    with torch.no_grad():
        model.no_mask_embed.weight[0, 0] += 1
    changed = backbone_fingerprints(model.state_dict())
    assert changed["vision"] != first["vision"]
    assert changed["text"] == first["text"]
