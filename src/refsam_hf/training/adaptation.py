"""What of a checkpoint learns: its own weights, or new ones beside them, as an adaptation of PEFT's."""

import warnings
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peft import LoraConfig, PeftConfig

from ..adapters.built_in import DEFAULT, has_built_in
from ..adapters.config import RefSamAdapterConfig
from .optimizer import PARTS, train_parts

if TYPE_CHECKING:
    from ..modeling_refsam import RefSamModel

METHODS = ("full", "adapters", "lora")
OWN_PARTS = ("cross_modal_mlp", "hierarchical_dense_attention", "mask_decoder", "implicit_tracking")
"""The parts that RefSAM learns beside the adapters; none of them is frozen in a new model."""


@dataclass
class AdaptationConfig:
    """How a checkpoint is adapted. Adapters and LoRA leave its own weights as they are, and are saved without them."""

    method: str = field(
        default="full",
        metadata={
            "help": "full: the model's own weights learn (see train); adapters: a further RefSAM adapter; "
            "lora: LoRA on the attentions' output projections, in all blocks",
            "choices": METHODS,
        },
    )
    name: str = field(default="adaptation", metadata={"help": "of the adapter"})
    modules_to_save: list[str] | None = field(
        default=None,
        metadata={
            "help": "parts of which the adaptation learns copies of its own, from the checkpoint's; by default "
            + ", ".join(OWN_PARTS),
            "choices": OWN_PARTS,
        },
    )
    width_ratio: float | None = field(
        default=None,
        metadata={
            "help": "of adapters: their width over the tower's; by default that of the checkpoint's own adapters, as "
            "copies of which they start; of another width they start as the identity in the place of these",
            "min": 1e-4,
        },
    )
    layers: list[int] | None = field(
        default=None,
        metadata={
            "help": "of adapters: the adapted blocks; by default those of the checkpoint's own adapters, which are "
            "without effect in blocks that are left out"
        },
    )
    rank: int = field(default=4, metadata={"help": "of LoRA", "min": 1})

    def __post_init__(self) -> None:
        unused = {"full": ("modules_to_save", "width_ratio", "layers"), "lora": ("width_ratio", "layers")}
        for name in unused.get(self.method, ()):
            if getattr(self, name) is not None:
                raise ValueError(f"adaptation.{name}: expected none with the method {self.method!r}")

    def check(self, model: str | None, train: list[str], output_dir: str) -> None:
        """Compares it with the rest of a training's configuration.

        Raises:
            ValueError: an adaptation without a checkpoint to adapt, or one that would be saved over it; or options of
                the other method.
        """
        if self.method == "full":
            return
        if model is None:
            raise ValueError(f"adaptation.method: {self.method!r} needs model, a checkpoint to adapt")
        if Path(model).resolve() in [Path(output_dir, name).resolve() for name in ("last", "best")]:
            raise ValueError(
                f"output_dir: expected another folder than {output_dir}, in which the adaptation would be saved over "
                f"the model that it belongs to, {model}"
            )
        if set(train) != set(PARTS):
            raise ValueError(
                "train: is for the method 'full'; which parts an adaptation learns copies of says "
                "adaptation.modules_to_save"
            )


def adapt(model: "RefSamModel", adaptation: AdaptationConfig, train: list[str] | tuple[str, ...] = PARTS) -> None:
    """Lets exactly that learn which an adaptation trains; a new adapter starts with the checkpoint's masks.

    But not a RefSAM adapter of another width than the checkpoint's own adapters, or without a block that has one: it
    takes their place and cannot be a copy, which a warning says. An adapter that the model has under the name of the
    adaptation is trained on.

    Args:
        train: the parts that learn with the method "full".

    Raises:
        ValueError: the model lacks a part or a block that is named, or holds an adaptation of another method.
    """
    added = model.added_adapters()
    if adaptation.method == "full":
        if added:
            raise ValueError(
                f"adaptation.method: expected 'adapters' or 'lora' for a model that holds the adapter {added[0]!r}, "
                "got 'full'"
            )
        train_parts(model, train)
        return
    config = adapter_config(model, adaptation)
    if adaptation.name not in added:
        model.add_adapter(config, adaptation.name)
        if isinstance(config, RefSamAdapterConfig) and has_built_in(model):
            _warn_of_what_is_no_copy(model, config)
        return
    there = model.get_adapter_config(adaptation.name).peft_type
    if there != config.peft_type:
        raise ValueError(f"adaptation.method: {adaptation.name!r} is there, of {there}, got {adaptation.method!r}")
    model.set_adapter(adaptation.name)


def adapter_config(model: "RefSamModel", adaptation: AdaptationConfig) -> PeftConfig:
    """PEFT's config of an adaptation of a model, by the methods "adapters" or "lora".

    Raises:
        ValueError: the model lacks a part that is named.
    """
    parts = adaptation.modules_to_save
    if parts is None:
        parts = [part for part in OWN_PARTS if getattr(model, part) is not None]
    for part in parts:
        if getattr(model, part) is None:
            raise ValueError(f"adaptation.modules_to_save: expected parts of the model, got {part!r}, which it lacks")
    if adaptation.method == "lora":
        return LoraConfig(
            r=adaptation.rank,
            lora_alpha=adaptation.rank,  # the authors' has no scale
            # the mask decoder's attentions have projections, too
            target_modules=r"vision_tower\.layers\.\d+\.attn\.proj",
            modules_to_save=parts,
        )
    own = model.config
    width_ratio = own.adapter_width_ratio if adaptation.width_ratio is None else adaptation.width_ratio
    built_in = has_built_in(model)
    return RefSamAdapterConfig(
        width_ratio=width_ratio,
        space_adapter=own.space_adapter or not built_in,
        mlp_adapter=own.mlp_adapter or not built_in,
        parallel_scale=own.mlp_adapter_scale,
        layers_to_transform=list(own.adapter_layers or ()) or None if adaptation.layers is None else adaptation.layers,
        init_weights=DEFAULT if width_ratio == own.adapter_width_ratio else True,
        modules_to_save=parts,
    )


def _warn_of_what_is_no_copy(model: "RefSamModel", config: RefSamAdapterConfig) -> None:
    own = model.config
    blocks: Any = config.layers_to_transform
    left_out = sorted(set(own.adapter_layers or ()) - set(blocks))
    differs = {
        f"has the width_ratio {own.adapter_width_ratio}, got {config.width_ratio}": config.init_weights != DEFAULT,
        f"is also in the blocks {left_out}": left_out,
    }
    if said := [difference for difference, there in differs.items() if there]:
        warnings.warn(
            "adaptation: the new adapter does not start with the checkpoint's masks: it takes the place of the "
            f"checkpoint's own, which {' and '.join(said)}",
            stacklevel=3,
        )


def save_trained(model: "RefSamModel", folder: str | PathLike[str]) -> None:
    """Saves what a training has made: an adaptation in the adapter-only form, a whole model in the self-contained one.

    Raises:
        ValueError, OSError: as `RefSamModel.save_adapter` and `save_pretrained`.
    """
    active = [name for name in model.added_adapters() if name in model.active_adapters()]
    if active:
        model.save_adapter(folder, active[0])
    else:
        model.save_pretrained(folder)
