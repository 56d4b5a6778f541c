"""Adapter-only checkpoints of a RefSAM over the SAM and the text checkpoint that it was built on."""

import copy
import os
from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..adapters.built_in import DEFAULT, has_built_in
from ..adapters.config import METHOD
from ..adapters.files import PEFT_PREFIX, check_shapes, find_weights, in_checkpoint, read_weights
from ..adapters.own_weights import as_own, in_place, own_weights
from ..configuration_refsam import RefSamConfig
from .adapter_only import write_adapter
from .backbones import read_sam, read_sam_config, read_text, read_text_config
from .base_checks import check_file, check_fingerprint, check_sizes, for_the_base
from .base_names import base_source
from .fingerprint import BACKBONES, backbone_fingerprints, backbone_weights, fingerprint

if TYPE_CHECKING:
    from ..pretrained_refsam import RefSamPreTrainedModel

TRAINED = ("cross_modal_mlp", "hierarchical_dense_attention", "mask_decoder", "implicit_tracking")
"""What the form holds beside the adapters, as PEFT's `modules_to_save`."""


def save_over_backbones(model: "RefSamPreTrainedModel", folder: str | os.PathLike[str]) -> None:
    """`RefSamModel.save_adapter` of what the model is built with, under the name `default`."""
    config = copy.deepcopy(model.config)
    names = {"vision": config.vision_checkpoint, "text": config.text_checkpoint}
    if None in names.values():
        raise ValueError(
            "expected a model that was built over a SAM and a text checkpoint (from_vision_text_pretrained), "
            "got one from elsewhere: save it whole with save_pretrained"
        )
    if not has_built_in(model):
        raise ValueError("expected a model that is built with adapters, got one without: save it with save_pretrained")
    own = own_weights(model)
    for kind, found in backbone_fingerprints(own).items():
        if found != (config.checkpoint_sha256 or {}).get(kind):
            raise ValueError(
                f"expected the weights of {names[kind]} in the model's {kind} backbone, which the form leaves out, "
                "got others: save the model whole with save_pretrained"
            )
    parts = [part for part in TRAINED if getattr(model, part) is not None]
    weights = model.get_adapter_state_dict(DEFAULT)
    weights |= {name: value for name, value in own.items() if name.partition(".")[0] in parts}
    adapter_config: Any = copy.deepcopy(model.get_adapter_config(DEFAULT))
    adapter_config.modules_to_save = parts
    config.refsam_checkpoint = None
    config.dtype = model.dtype
    write_adapter(folder, DEFAULT, adapter_config, weights, config)


def read_over_backbones(
    model_class: type["RefSamPreTrainedModel"],
    source: str | os.PathLike[str],
    config: RefSamConfig,
    hub_options: Mapping[str, Any],
) -> dict[str, Tensor]:
    """All weights of a RefSAM that was saved so, under the names of a self-contained checkpoint.

    Args:
        hub_options: of the checkpoint; the backbones are read with those that are not of its repository.

    Raises:
        ValueError: a backbone of other sizes or weights; weights that are missing, unknown or of another shape; a
            damaged file; each is named.
        OSError: a file is not there.
    """
    elsewhere = for_the_base(hub_options)
    weights: dict[str, Tensor] = {}
    for kind, read_config, read in (("vision", _vision_config, read_sam), ("text", read_text_config, read_text)):
        name = getattr(config, f"{kind}_checkpoint")
        if name is None:
            raise ValueError(f"{source}: config.json: expected the name of a {kind}_checkpoint, got none")
        place = base_source(name)
        part = f"{kind}_config"
        if not os.path.isfile(place):  # an original SAM's sizes are in its tensors alone
            check_sizes(source, config, name, SimpleNamespace(**{part: read_config(place, **elsewhere)}), (part,))
        backbone: Any = read(place, **elsewhere)
        if os.path.isfile(place):
            check_sizes(source, config, name, backbone, (part,))
        found = backbone_weights(backbone.weights, kind)
        check_fingerprint(source, config, kind, name, fingerprint(found))
        weights |= found
    path = find_weights(source, **{**hub_options, "subfolder": in_checkpoint(hub_options.get("subfolder"))})
    trained = {as_own(name.removeprefix(PEFT_PREFIX)): value for name, value in read_weights(path).items()}
    with torch.device("meta"):
        expected = {name: tuple(value.shape) for name, value in model_class(config).state_dict().items()}
    backbones = tuple(start for starts in BACKBONES.values() for start in starts)
    check_shapes(
        {name: shape for name, shape in expected.items() if _is_trained(name, backbones)},
        {name: tuple(value.shape) for name, value in trained.items()},
        path,
    )
    check_file(path, config)
    return in_place(weights, expected) | trained


def _vision_config(checkpoint: str, **hub_options: Any) -> Any:
    return read_sam_config(checkpoint, **hub_options).vision_config


def _is_trained(name: str, backbones: tuple[str, ...]) -> bool:
    return f".{METHOD}_" in name or not name.startswith(backbones)
