"""`RefSamAdapterConfig`: the options of RefSAM's adapters as a PEFT method."""

import math
import re
from dataclasses import dataclass, field
from typing import Any

from peft.config import PeftConfig
from peft.utils import PeftType

METHOD = "refsam_adapter"
"""The name under which PEFT knows the method; all that an adapter layer holds begins with it."""


def _help(*sentences: str) -> dict[str, str]:
    return {"help": " ".join(sentences)}


@dataclass
class RefSamAdapterConfig(PeftConfig):
    """RefSAM's two bottleneck adapters (Figure 2, left) for PEFT, `U(GELU(V x))`.

    Without `target_modules` they are where the paper has them, in a SAM vision tower: behind the attentions' output
    projections and parallel to the MLPs, in the second half of the blocks. With it, they are in any torch model:
    behind each module that it names, parallel to those that `parallel_modules` names too. A module is an `nn.Linear`,
    or a block that begins and ends with one.

    Raises:
        ValueError: a value out of range, or options that do not belong together.
    """

    width_ratio: float = field(
        default=0.25, metadata=_help("Bottleneck width over the width of its input; 1 at least.")
    )
    space_adapter: bool = field(
        default=True, metadata=_help("Without target_modules: whether attentions' output projections are adapted.")
    )
    mlp_adapter: bool = field(default=True, metadata=_help("Without target_modules: whether the MLPs are adapted."))
    serial_scale: float = field(default=1.0, metadata=_help("Factor of a serial (space) adapter's output."))
    parallel_scale: float = field(default=0.5, metadata=_help("Factor of a parallel (MLP) adapter's output."))
    layers_to_transform: list[int] | int | None = field(
        default=None,
        metadata=_help(
            "Indices of the adapted blocks.", "None: a tower's second half, or all that target_modules names."
        ),
    )
    layers_pattern: list[str] | str | None = field(
        default=None,
        metadata=_help("With a list of target_modules: the list of blocks in which layers_to_transform counts."),
    )
    target_modules: list[str] | str | None = field(
        default=None, metadata=_help("Names of modules, or ends of names; or a regular expression; or 'all-linear'.")
    )
    parallel_modules: list[str] | str | None = field(
        default=None, metadata=_help("Those of the target_modules with a parallel adapter, named in the same ways.")
    )
    exclude_modules: list[str] | str | None = field(
        default=None, metadata=_help("Modules that are not adapted although target_modules names them.")
    )
    modules_to_save: list[str] | None = field(
        default=None, metadata=_help("Further modules of which this adapter trains and saves a copy of its own.")
    )
    init_weights: bool | str = field(
        default=True,
        metadata=_help(
            "True: the adapter starts as the identity. False: anywhere.",
            "The name of another RefSAM adapter of the model: as a copy of that one, in the modules that have it.",
        ),
    )
    base_layers: dict[str, dict[str, Any]] | None = field(
        default=None,
        metadata=_help("The modules of the base that the adapter was made for; filled in, and compared on loading."),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.peft_type = PeftType(METHOD.upper())
        # where it was read, as from_pretrained was told
        self.source: tuple[str, str | None, dict[str, Any]] | None = None
        for name in ("width_ratio", "serial_scale", "parallel_scale"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"{name} must be a finite number, got {value!r}")
        if self.width_ratio <= 0:
            raise ValueError(f"width_ratio must be above 0, got {self.width_ratio}")
        for name in ("target_modules", "parallel_modules", "exclude_modules"):
            if isinstance(value := getattr(self, name), set | tuple):
                setattr(self, name, sorted(value))  # or a saved config would be another one each time
        if self.base_layers is None:
            self._check_options()

    def _check_options(self) -> None:
        """Not of a config that was saved: there, target_modules says how the other options were understood."""
        if self.target_modules is None:
            for name in ("parallel_modules", "layers_pattern", "exclude_modules"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name} needs target_modules")
            return
        if not (self.space_adapter and self.mlp_adapter):
            raise ValueError("space_adapter and mlp_adapter are for a SAM tower; with target_modules, name the others")
        if isinstance(self.target_modules, str) and self.layers_to_transform is not None:
            raise ValueError("layers_to_transform needs target_modules to be a list or None, got a regular expression")
        if self.layers_pattern is not None and self.layers_to_transform is None:
            raise ValueError("layers_pattern needs layers_to_transform")

    def is_parallel(self, name: str) -> bool:
        """Whether the adapter of the module `name` stands beside it and not behind it."""
        if self.parallel_modules is None:
            return False
        if isinstance(self.parallel_modules, str):
            return re.fullmatch(self.parallel_modules, name) is not None
        return any(f".{name}".endswith(f".{end}") for end in self.parallel_modules)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str, subfolder: str | None = None, **kwargs: Any) -> Any:
        """As in PEFT; an adapter that is built from what comes out is compared with the weights that lie beside it."""
        config = super().from_pretrained(pretrained_model_name_or_path, subfolder=subfolder, **kwargs)
        hub_options, _, _ = cls._split_kwargs(kwargs)
        config.source = (str(pretrained_model_name_or_path), subfolder, hub_options)
        return config
