"""The two bottleneck adapters of RefSAM (Figure 2) as layers of a PEFT tuner: `U(GELU(V x))` around a frozen layer."""

from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import Tensor, nn
from transformers import initialization as init


class AdapterLayer(nn.Module, BaseTunerLayer):
    """A frozen `base_layer` with named bottleneck adapters of width r on `features` channels.

    One adapter is `refsam_adapter_down[name]` (V: features -> r), GELU, and `refsam_adapter_up[name]` (U: r ->
    features). U starts at zero, so that a fresh adapter changes nothing.
    """

    adapter_layer_names = ("refsam_adapter_down", "refsam_adapter_up")
    other_param_names = ("refsam_adapter_scale",)

    def __init__(self, base_layer: nn.Module, features: int) -> None:
        super().__init__()
        self.base_layer = base_layer
        self.in_features = self.out_features = features
        self.refsam_adapter_down = nn.ModuleDict()
        self.refsam_adapter_up = nn.ModuleDict()
        self.refsam_adapter_scale: dict[str, float] = {}
        self._disable_adapters = False
        self.merged_adapters: list[str] = []

    def update_layer(self, adapter_name: str, width: int, scale: float) -> None:
        """Adds an adapter of bottleneck `width` whose output counts `scale` times."""
        if width < 1:
            raise ValueError(f"an adapter's width must be at least 1, got {width}")
        # in the base's dtype and on its device (the meta device too)
        like = next(self.base_layer.parameters())
        down: Any = nn.Linear(self.in_features, width, dtype=like.dtype, device=like.device)
        up: Any = nn.Linear(width, self.out_features, dtype=like.dtype, device=like.device)
        self.refsam_adapter_down[adapter_name] = down
        self.refsam_adapter_up[adapter_name] = up
        self.refsam_adapter_scale[adapter_name] = scale
        self.reset_adapter(adapter_name)
        # or the model around it draws both anew, with SAM's initializer_range of 1e-10 if its config is a SAM's
        down._is_hf_initialized = up._is_hf_initialized = True
        self.set_adapter(self.active_adapters)

    def reset_adapter(self, adapter_name: str) -> None:
        """Sets an adapter to the identity: V random, U zero."""
        down, up = self._bottleneck(adapter_name)
        init.kaiming_uniform_(down.weight, a=5**0.5)
        init.zeros_(down.bias)
        init.zeros_(up.weight)
        init.zeros_(up.bias)

    def adapter_output(self, adapter_name: str, hidden_states: Tensor) -> Tensor:
        """`scale * U(GELU(V x))` of one adapter, (..., features) -> (..., features)."""
        down, up = self._bottleneck(adapter_name)
        bottleneck = nn.functional.gelu(down(hidden_states.to(down.weight.dtype)))  # (..., r)
        output = up(bottleneck).to(hidden_states.dtype)
        scale = self.refsam_adapter_scale[adapter_name]
        return output if scale == 1 else output * scale

    def _bottleneck(self, adapter_name: str) -> tuple[nn.Linear, nn.Linear]:
        down: Any = self.refsam_adapter_down[adapter_name]
        up: Any = self.refsam_adapter_up[adapter_name]
        return down, up

    def merge(self, safe_merge: bool = False, adapter_names: list[str] | None = None) -> None:
        raise NotImplementedError("a RefSAM adapter has a GELU inside and cannot be merged into its base layer")

    def unmerge(self) -> None:
        raise NotImplementedError("a RefSAM adapter is never merged, so there is nothing to unmerge")

    def used_adapters(self) -> list[str]:
        """The active adapters that this layer holds; none while adapters are disabled."""
        if self.disable_adapters:
            return []
        return [name for name in self.active_adapters if name in self.refsam_adapter_down]


class SerialAdapter(AdapterLayer):
    """Space adapter: behind its base layer, with a residual, `a <- a + U(GELU(V a))`."""

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        output: Tensor = self.base_layer(*args, **kwargs)
        for name in self.used_adapters():
            output = output + self.adapter_output(name, output)
        return output


class ParallelAdapter(AdapterLayer):
    """MLP adapter: beside its base layer, on the same input, `base(x) + scale * U(GELU(V x))`."""

    def forward(self, hidden_states: torch.Tensor, *args: Any, **kwargs: Any) -> Tensor:
        output: Tensor = self.base_layer(hidden_states, *args, **kwargs)
        for name in self.used_adapters():
            output = output + self.adapter_output(name, hidden_states)
        return output
