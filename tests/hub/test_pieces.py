"""The files of the authors' code: which part of RefSAM each is, what it says of the model, what is wrong with it."""

import pytest
import torch
from torch import nn

from refsam_hf.hub.pieces import config_options, read_pieces
from refsam_hf.modules import CrossModalMlp

SHAPES = {  # what a model of these parts has
    "cross_modal_mlp.layers.0.weight": torch.Size((4, 8)),
    "cross_modal_mlp.layers.0.bias": torch.Size((4,)),
    "cross_modal_mlp.layers.2.weight": torch.Size((6, 4)),
    "cross_modal_mlp.layers.2.bias": torch.Size((6,)),
    "vision_tower.layers.0.attn.proj.weight": torch.Size((8, 8)),
    "vision_tower.layers.0.attn.proj.bias": torch.Size((8,)),
    "vision_tower.layers.1.attn.proj.weight": torch.Size((8, 8)),
    "vision_tower.layers.1.attn.proj.bias": torch.Size((8,)),
    "vision_tower.pos_embed": torch.Size((1, 2, 2, 8)),
}


def adapters(*blocks, kinds=("Space_Adapter", "MLP_Adapter"), width=8, bottleneck=2):
    state = {}
    for block in blocks:
        for kind in kinds:
            state |= {f"{block}.{kind}.D_fc1.weight": torch.randn(bottleneck, width)}
            state |= {f"{block}.{kind}.D_fc1.bias": torch.randn(bottleneck)}
            state |= {f"{block}.{kind}.D_fc2.weight": torch.randn(width, bottleneck)}
            state |= {f"{block}.{kind}.D_fc2.bias": torch.randn(width)}
    return state


def lora(*blocks, rank=3, width=8):
    state = {}
    for block in blocks:
        proj = f"{block}.attn.proj"
        state |= {f"{proj}.w.weight": torch.randn(width, width), f"{proj}.w.bias": torch.randn(width)}
        state |= {f"{proj}.w_a.weight": torch.randn(rank, width), f"{proj}.w_b.weight": torch.randn(width, rank)}
    return state


def two_layers(first=0, last=2):
    state = {f"{first}.weight": torch.randn(4, 8), f"{first}.bias": torch.randn(4)}
    return state | {f"{last}.weight": torch.randn(6, 4), f"{last}.bias": torch.randn(6)}


@pytest.fixture
def piece(save):
    """Reads one piece that holds a state dict."""

    def make(kind, state):
        return read_pieces(save({kind: state}))[kind]

    return make


@pytest.mark.parametrize("hidden", [0, 1, 4])
@pytest.mark.parametrize("dropout", [False, True])
def test_a_resizer_with_dropout_or_without(piece, hidden, dropout):
    """Dropout, which the authors' resizer may have between its layers, moves the numbers, not the meaning."""
    layers = [nn.Linear(8, 4), nn.ReLU()]
    layers += [nn.Dropout()] if dropout else []
    for _ in range(hidden):
        layers += [nn.Linear(4, 4), nn.ReLU()] + ([nn.Dropout()] if dropout else [])
    theirs = nn.Sequential(*layers, nn.Linear(4, 6)).eval()
    read = piece("resizer", theirs.state_dict())
    options = config_options({"resizer": read}, "none", depth=2, width=8)
    assert options == {"mlp_hidden_layers": hidden, "dense_embeddings": "none", "implicit_tracking": False}
    ours = CrossModalMlp(8, 6, hidden)
    ours.load_state_dict({name.removeprefix("cross_modal_mlp."): value for name, value in read.weights.items()})
    text = torch.randn(5, 8)
    assert torch.equal(ours(text), theirs(text))


def test_a_resizers_faults_have_the_files_numbers(piece):
    state = two_layers(0, 3)
    assert piece("resizer", state).problems(SHAPES) == []
    state["3.weight"] = torch.randn(6, 5)
    del state["0.bias"]
    assert piece("resizer", state | {"norm.weight": torch.zeros(2)}).problems(SHAPES) == [
        "missing: 0.bias",
        "unknown: norm.weight",
        "of another shape: 3.weight (6, 5) for (6, 4)",
    ]


def test_a_resizer_that_is_no_mlp(piece):
    read = piece("resizer", {"0.weight": torch.zeros(6, 8), "0.bias": torch.zeros(6)})
    with pytest.raises(ValueError, match=r"resizer_.*.pth: expected a resizer of at least two linear layers .* got 1"):
        config_options({"resizer": read}, "none", depth=2, width=8)


def test_what_the_pieces_say_about_dense_embeddings(save):
    conv = {"weight": torch.zeros(6, 12, 1, 1), "bias": torch.zeros(6)}
    pieces = read_pieces(save({"resizer": two_layers(), "dense_conv": conv}))
    assert config_options(pieces, None, 2, 8)["dense_embeddings"] == "da"
    assert config_options(pieces, "da", 2, 8)["dense_embeddings"] == "da"
    with pytest.raises(ValueError, match="dense_embeddings: expected 'da' for a model with dense_conv, got 'hda'"):
        config_options(pieces, "hda", 2, 8)
    del pieces["dense_conv"]
    with pytest.raises(ValueError, match="expected 'sentence' or 'none' for a model without dense_conv, got None"):
        config_options(pieces, None, 2, 8)
    assert config_options(pieces, "sentence", 2, 8)["dense_embeddings"] == "sentence"


def test_what_makes_no_model(save):
    with pytest.raises(ValueError, match="expected the resizer, which every such model has, got only track_net"):
        config_options(read_pieces(save({"track_net": {}})), None, 2, 8)
    with pytest.raises(ValueError, match=r"pieces: expected some of resizer, .*, got 'fpn'"):
        read_pieces({"fpn": "fpn.pth"})
    with pytest.raises(FileNotFoundError, match=r"none.pth"):
        read_pieces({"resizer": "none.pth"})


@pytest.mark.parametrize(
    ("state", "options"),
    [
        ({}, {"space_adapter": False, "mlp_adapter": False}),
        (
            adapters(1, 2),
            {"space_adapter": True, "mlp_adapter": True, "adapter_layers": [1, 2], "adapter_width_ratio": 0.25},
        ),
        (
            adapters(0, kinds=["MLP_Adapter"], bottleneck=4),
            {"space_adapter": False, "mlp_adapter": True, "adapter_layers": [0], "adapter_width_ratio": 0.5},
        ),
        (
            adapters(0, kinds=["Space_Adapter"], width=49, bottleneck=1),  # 49 * (1 / 49) is below 1
            {"space_adapter": True, "mlp_adapter": False, "adapter_layers": [0], "adapter_width_ratio": 1.5 / 49},
        ),
    ],
)
def test_adapters_are_read_off(save, state, options):
    pieces = read_pieces(save({"resizer": two_layers(), "image_encoder_blocks": state}))
    width = 49 if options.get("adapter_width_ratio") == 1.5 / 49 else 8
    found = config_options(pieces, "none", depth=3, width=width)
    assert {name: found[name] for name in found if "adapter" in name} == options


def test_adapters_of_blocks_that_the_tower_has_not(save):
    pieces = read_pieces(
        save({"resizer": two_layers(), "image_encoder_blocks": adapters(0, 3, kinds=["MLP_Adapter"])})
    )
    assert config_options(pieces, "none", depth=3, width=8)["adapter_layers"] == [0]
    _, unknown = pieces["image_encoder_blocks"].problems(SHAPES)
    assert "3.MLP_Adapter.D_fc1.bias" in unknown


def test_lora_is_told_from_the_projection_that_it_goes_around(piece):
    state = lora(0, 1)
    read = piece("image_encoder_blocks", state)
    assert read.problems(SHAPES) == []
    assert torch.equal(read.weights["vision_tower.layers.1.attn.proj.bias"], state["1.attn.proj.w.bias"])
    assert torch.equal(read.lora["vision_tower.layers.1.attn.proj.lora_A.weight"], state["1.attn.proj.w_a.weight"])
    assert torch.equal(read.lora["vision_tower.layers.1.attn.proj.lora_B.weight"], state["1.attn.proj.w_b.weight"])
    assert len(read.weights) == len(read.lora) == 4


def test_faults_of_blocks_have_the_files_names(piece):
    state = lora(0, 1) | {"1.attn.proj.w_b.weight": torch.randn(8, 2)}
    del state["0.attn.proj.w.bias"], state["1.attn.proj.w_a.weight"]
    state |= {"0.attn.proj.weight": torch.randn(8, 8), "2.attn.proj.w_a.weight": torch.randn(3, 8)}
    assert piece("image_encoder_blocks", state).problems(SHAPES) == [
        "missing: 0.attn.proj.w.bias, 1.attn.proj.w_a.weight",
        "unknown: 0.attn.proj.weight, 2.attn.proj.w_a.weight",
        "of another shape: 1.attn.proj.w_b.weight (8, 2) for (8, 3)",
    ]


def test_blocks_without_lora_have_no_w(piece):
    state = {name.replace(".w.", "."): value for name, value in lora(0, 1).items() if ".w." in name}
    read = piece("image_encoder_blocks", state)
    assert read.problems(SHAPES) == []
    assert read.lora == {}
    del state["1.attn.proj.weight"]
    assert piece("image_encoder_blocks", state).problems(SHAPES) == ["missing: 1.attn.proj.weight"]


def test_names_of_other_pieces_are_unknown(piece):
    """Two files that were mixed up."""
    (missing, unknown) = piece("track_net", two_layers()).problems({"implicit_tracking.norm1.bias": torch.Size((8,))})
    assert missing == "missing: norm1.bias"
    assert unknown == "unknown: 0.bias, 0.weight, 2.bias, 2.weight"


def test_long_lists_are_cut(piece):
    problems = piece("dense_conv", {f"x{number:02}": torch.zeros(1) for number in range(25)}).problems({})
    assert problems == ["unknown: " + ", ".join(f"x{number:02}" for number in range(20)) + " and 5 more"]
