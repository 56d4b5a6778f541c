"""The files in which the RefSAM authors' code keeps a trained model: each trained module's state dict for itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import torch
from torch import Tensor

from .conversion import (
    CROSS_MODAL_MLP_RULES,
    DENSE_ATTENTION_RULES,
    IMPLICIT_TRACKING_RULES,
    MASK_DECODER_RULES,
    VISION_ENCODER_RULES,
    Rules,
    official_name,
    our_name,
)
from .official_lora import LORA_RULES, lora_rank, lora_shapes, split_lora
from .pickles import read_state_dict
from .weight_check import weight_problems


@dataclass(frozen=True)
class _Place:
    """Which part of [`RefSamModel`] a piece is: prefix of our names, rules, and what their official names lack."""

    prefix: str
    rules: Rules
    lacks: str = ""


PLACES = {
    "resizer": _Place("cross_modal_mlp.", CROSS_MODAL_MLP_RULES),
    "dense_conv": _Place("hierarchical_dense_attention.", DENSE_ATTENTION_RULES),
    "mask_decoder": _Place("mask_decoder.", MASK_DECODER_RULES),
    "track_net": _Place("implicit_tracking.", IMPLICIT_TRACKING_RULES),
    "image_encoder_blocks": _Place("vision_tower.", VISION_ENCODER_RULES, lacks="blocks."),
}
PIECES = tuple(PLACES)
"""What the authors' training calls them; its files are `<piece>_<text encoder>_last.pth`."""


@dataclass
class Piece:
    """One of the files.

    Fields:
        kind: one of [`PIECES`].
        path: of the file.
        weights: under our names, as if no adapter wrapped a layer; without LoRA's.
        lora: LoRA's, see `official_lora`.
        unknown: names in the file that are none of the authors' code.
        numbers: of the layers of a resizer, as the file has them.
    """

    kind: str
    path: str
    weights: dict[str, Tensor] = field(default_factory=dict)
    lora: dict[str, Tensor] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def problems(self, shapes: Mapping[str, torch.Size]) -> list[str]:
        """What is missing, unknown or mis-shaped, in the file's own names.

        Args:
            shapes: of the weights of the model that the piece is to be a part of, as if no adapter wrapped a layer.
        """
        prefix = "vision_tower.layers." if self.kind == "image_encoder_blocks" else PLACES[self.kind].prefix
        expected = {name: shape for name, shape in shapes.items() if name.startswith(prefix)}
        if self.lora:
            depth = len({name.split(".")[2] for name in expected})
            width = expected["vision_tower.layers.0.attn.proj.weight"][0]
            expected |= lora_shapes(lora_rank(self.lora), depth, width)
        return weight_problems(self.weights | self.lora, expected, unknown=self.unknown, named=self.official_name)

    def official_name(self, name: str) -> str:
        place = PLACES[self.kind]
        rest = name.removeprefix(place.prefix)
        if self.kind == "resizer":
            rest = self._numbered(rest)
        official = official_name(rest, LORA_RULES if self.lora else place.rules)
        return name if official is None else official.removeprefix(place.lacks)

    def _numbered(self, name: str) -> str:
        """The place that a layer of the resizer has in the file."""
        layers, number, rest = name.split(".", 2)
        index = int(number) // 2
        return f"{layers}.{self.numbers[index] if index < len(self.numbers) else number}.{rest}"


def read_pieces(paths: Mapping[str, str | PathLike[str]]) -> dict[str, Piece]:
    """Reads the files of a model; which piece each is, is said by the keys (of [`PIECES`]).

    Raises:
        ValueError: an unknown piece; or a file is damaged, or no state dict.
        OSError: a file is not there.
    """
    for kind in paths:
        if kind not in PIECES:
            raise ValueError(f"pieces: expected some of {', '.join(PIECES)}, got {kind!r}")
    return {kind: _read_piece(kind, path) for kind, path in paths.items()}


def _read_piece(kind: str, path: str | PathLike[str]) -> Piece:
    place, piece = PLACES[kind], Piece(kind, str(path))
    state = read_state_dict(path)
    rules = place.rules
    if kind == "image_encoder_blocks" and any(re.search(r"\.attn\.proj\.w(_[ab])?\.", name) for name in state):
        rules = LORA_RULES
    if kind == "resizer":
        numbers = {name.partition(".")[0] for name in state}
        piece.numbers.extend(sorted({int(number) for number in numbers if number.isdecimal()}))
    weights = {}
    for official, value in state.items():
        name = our_name(place.lacks + official, rules)
        if name is None:
            piece.unknown.append(official)
        else:
            weights[place.prefix + (_unnumbered(name, piece.numbers) if kind == "resizer" else name)] = value
    base, lora = split_lora(weights)
    piece.weights.update(base)
    piece.lora.update(lora)
    return piece


def _unnumbered(name: str, numbers: list[int]) -> str:
    """A layer's place without dropout: the authors' resizer may have it between the layers, ours has none."""
    layers, number, rest = name.split(".", 2)
    return f"{layers}.{2 * numbers.index(int(number))}.{rest}"


def config_options(
    pieces: Mapping[str, Piece], dense_embeddings: str | None, depth: int, width: int
) -> dict[str, Any]:
    """The fields of [`RefSamConfig`] that the pieces of one model show, so that the result is that model.

    Args:
        pieces: at least the resizer.
        dense_embeddings: what the model has if it has no `dense_conv`: "sentence" or "none".
        depth, width: of the SAM's tower.

    Raises:
        ValueError: the pieces do not make up a model.
    """
    if "resizer" not in pieces:
        raise ValueError(f"pieces: expected the resizer, which every such model has, got only {', '.join(pieces)}")
    resizer = pieces["resizer"]
    if len(resizer.numbers) < 2:
        raise ValueError(
            f"{resizer.path}: expected a resizer of at least two linear layers (the authors' --proj_mlp), "
            f"got {len(resizer.numbers)}"
        )
    allowed = ("da",) if "dense_conv" in pieces else ("sentence", "none")
    if dense_embeddings is None and len(allowed) == 1:
        dense_embeddings = allowed[0]
    if dense_embeddings not in allowed:
        has = "with" if "dense_conv" in pieces else "without"
        raise ValueError(
            f"dense_embeddings: expected {' or '.join(map(repr, allowed))} for a model {has} dense_conv, "
            f"got {dense_embeddings!r}"
        )
    options: dict[str, Any] = {
        "mlp_hidden_layers": len(resizer.numbers) - 2,
        "dense_embeddings": dense_embeddings,
        "implicit_tracking": "track_net" in pieces,
    }
    if "image_encoder_blocks" in pieces:
        options |= _adapter_options(pieces["image_encoder_blocks"].weights, depth, width)
    return options


def _adapter_options(weights: Mapping[str, Tensor], depth: int, width: int) -> dict[str, Any]:
    adapters = {name: value for name, value in weights.items() if ".refsam_adapter_" in name}
    blocks = {int(name.split(".")[2]) for name in adapters}
    options: dict[str, Any] = {
        "space_adapter": any(".attn.proj." in name for name in adapters),
        "mlp_adapter": any(".mlp." in name for name in adapters),
    }
    if blocks:
        options["adapter_layers"] = sorted(block for block in blocks if block < depth)
    bottlenecks = (
        len(value) for name, value in adapters.items() if name.endswith("_down.default.weight") and value.ndim
    )
    bottleneck = next(bottlenecks, 0)
    if bottleneck:
        ratio = bottleneck / width
        # the config's ratio is multiplied and rounded down again
        options["adapter_width_ratio"] = ratio if int(width * ratio) == bottleneck else (bottleneck + 0.5) / width
    return options
