"""The two bottleneck adapters of RefSAM (Figure 2) as layers of a PEFT tuner: `U(GELU(V x))` around a frozen layer."""

import inspect
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import Tensor, nn
from transformers import initialization as init


class AdapterLayer(nn.Module, BaseTunerLayer):
    """A frozen `base_layer` with named bottleneck adapters of width r.

    One adapter is `refsam_adapter_down[name]` (V: in_features -> r), GELU, and `refsam_adapter_up[name]` (U: r ->
    out_features). U starts at zero, so that a fresh adapter changes nothing.
    """

    adapter_layer_names = ("refsam_adapter_down", "refsam_adapter_up")
    other_param_names = ("refsam_adapter_scale",)

    def __init__(self, base_layer: nn.Module, in_features: int, out_features: int | None = None) -> None:
        super().__init__()
        self.base_layer = base_layer
        self.in_features = in_features
        self.out_features = in_features if out_features is None else out_features
        self.refsam_adapter_down = nn.ModuleDict()
        self.refsam_adapter_up = nn.ModuleDict()
        self.refsam_adapter_scale: dict[str, float] = {}
        self._disable_adapters = False
        self.inference_mode = False
        self.merged_adapters: list[str] = []

    def update_layer(self, adapter_name: str, width: int, scale: float, init_weights: bool | str = True) -> None:
        """Adds an adapter of bottleneck `width` whose output counts `scale` times.

        Args:
            init_weights: `True` starts as the identity, `False` anywhere, the name of another adapter as a copy of
                that one, where this layer has it.

        Raises:
            ValueError: a width below 1, or another one than that of the adapter to be copied.
        """
        if width < 1:
            raise ValueError(f"an adapter's width must be at least 1, got {width}")
        source = init_weights if isinstance(init_weights, str) and init_weights in self.refsam_adapter_down else None
        if source is not None and (copied := self._bottleneck(source)[0].out_features) != width:
            raise ValueError(f"an adapter that starts as {source!r} must have its width, {copied}, got {width}")
        # in the base's dtype and on its device (the meta device too)
        device, dtype = self._base_device_and_dtype()
        down: Any = nn.Linear(self.in_features, width, dtype=dtype, device=device)
        up: Any = nn.Linear(width, self.out_features, dtype=dtype, device=device)
        self.refsam_adapter_down[adapter_name] = down
        self.refsam_adapter_up[adapter_name] = up
        self.refsam_adapter_scale[adapter_name] = scale
        if source is None:
            self.reset_adapter(adapter_name, identity=init_weights is not False)
        else:
            self._copy_adapter(source, adapter_name)
        # or the model around it draws both anew, with SAM's initializer_range of 1e-10 if its config is a SAM's
        down._is_hf_initialized = up._is_hf_initialized = True
        self.set_adapter(self.active_adapters, inference_mode=self.inference_mode)

    def reset_adapter(self, adapter_name: str, identity: bool = True) -> None:
        """Draws an adapter anew: V random, U zero, so that it is the identity, or random too."""
        down, up = self._bottleneck(adapter_name)
        init.kaiming_uniform_(down.weight, a=5**0.5)
        init.zeros_(down.bias)
        if identity:
            init.zeros_(up.weight)
        else:
            init.kaiming_uniform_(up.weight, a=5**0.5)
        init.zeros_(up.bias)

    def _copy_adapter(self, source: str, adapter_name: str) -> None:
        for old, new in zip(self._bottleneck(source), self._bottleneck(adapter_name), strict=True):
            if not new.weight.is_meta:
                new.load_state_dict(old.state_dict())

    def adapter_output(self, adapter_name: str, hidden_states: Tensor) -> Tensor:
        """`scale * U(GELU(V x))` of one adapter, (..., in_features) -> (..., out_features)."""
        down, up = self._bottleneck(adapter_name)
        bottleneck = nn.functional.gelu(down(hidden_states.to(down.weight.dtype)))  # (..., r)
        output = up(bottleneck).to(hidden_states.dtype)
        scale = self.refsam_adapter_scale[adapter_name]
        return output if scale == 1 else output * scale

    def _bottleneck(self, adapter_name: str) -> tuple[nn.Linear, nn.Linear]:
        down: Any = self.refsam_adapter_down[adapter_name]
        up: Any = self.refsam_adapter_up[adapter_name]
        return down, up

    def _base_device_and_dtype(self) -> tuple[torch.device, torch.dtype]:
        """Those of the base layer, which may be a block without a `weight`, or quantised (then float32)."""
        for parameter in self.base_layer.parameters():
            wide = parameter.is_floating_point() and parameter.dtype.itemsize > 1
            return parameter.device, parameter.dtype if wide else torch.float32
        return torch.get_default_device(), torch.get_default_dtype()

    def _move_adapter_to_device_of_base_layer(self, adapter_name: str, device: torch.device | None = None) -> None:
        # PEFT looks for the base layer's `weight`, and does nothing where there is none
        base_device, dtype = self._base_device_and_dtype()
        for name in self.adapter_layer_names:
            container = getattr(self, name)
            if adapter_name in container and not container[adapter_name].weight.is_meta:
                container[adapter_name].to(device or base_device, dtype)

    def set_adapter(self, adapter_names: str | list[str], inference_mode: bool = False) -> None:
        """As in PEFT; it is remembered whether they are frozen."""
        super().set_adapter(adapter_names, inference_mode=inference_mode)
        self.inference_mode = inference_mode

    def enable_adapters(self, enabled: bool) -> None:
        """As in PEFT, but an adapter that was frozen before it was disabled is frozen again."""
        if not enabled:
            super().enable_adapters(False)
            return
        self.set_adapter(self.active_adapters, inference_mode=self.inference_mode)
        self._disable_adapters = False

    def merge(self, safe_merge: bool = False, adapter_names: list[str] | None = None) -> None:
        """Not possible.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("a RefSAM adapter has a GELU inside and cannot be merged into its base layer")

    def unmerge(self) -> None:
        """Never needed.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("a RefSAM adapter is never merged, so there is nothing to unmerge")

    def unload_and_optionally_merge_module(
        self, merge: bool, safe_merge: bool, adapter_names: list[str] | None
    ) -> nn.Module:
        """What another method's tuner leaves here when it unloads itself from a model: this layer, as it is."""
        return self

    def used_adapters(self) -> list[str]:
        """The active adapters that this layer holds; none while adapters are disabled."""
        if self.disable_adapters:
            return []
        return [name for name in self.active_adapters if name in self.refsam_adapter_down]

    def _adapt(self, output: Any, inputs: Tensor | None = None) -> Any:
        """Adds the adapters' outputs on `inputs`, or on the output so far, to the output, or to a tuple's first."""
        hidden_states, rest = (output[0], output[1:]) if isinstance(output, tuple) else (output, None)
        for name in self.used_adapters():
            hidden_states = hidden_states + self.adapter_output(name, hidden_states if inputs is None else inputs)
        return hidden_states if rest is None else (hidden_states, *rest)


class SerialAdapter(AdapterLayer):
    """Space adapter: behind its base layer, with a residual, `a <- a + U(GELU(V a))`.

    Of a base layer that gives a tuple, as attentions do, the first item is adapted; so does the parallel one.
    """

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the base layer takes -> what it gives, (..., D), adapted."""
        return self._adapt(self.base_layer(*args, **kwargs))


class ParallelAdapter(AdapterLayer):
    """MLP adapter: beside its base layer, on the same (first) input, `base(x) + scale * U(GELU(V x))`."""

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the base layer takes, (..., D) first -> what it gives, adapted."""
        inputs = args[0] if args else self._first_of(kwargs)
        return self._adapt(self.base_layer(*args, **kwargs), inputs)

    def _first_of(self, kwargs: dict[str, Any]) -> Any:
        """Of what is given by name, that which the base layer takes first.

        Raises:
            ValueError: it cannot be known which one it is.
        """
        base = self.get_base_layer()
        first = next(iter(inspect.signature(base.forward).parameters), None)
        if first in kwargs:
            return kwargs[first]
        if len(kwargs) == 1:
            return next(iter(kwargs.values()))
        raise ValueError(
            f"{type(base).__name__}: expected its first input, which a parallel adapter takes too, by position or "
            f"under the name {first!r}, got {', '.join(kwargs) or 'nothing'}"
        )
