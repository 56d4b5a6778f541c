"""`RefSamAdapterModel`: the tuner that puts RefSAM's adapters into any torch model."""

from typing import Any

from peft import PeftModel, get_peft_model_state_dict
from peft.tuners.tuners_utils import BaseTuner, BaseTunerLayer
from torch import Tensor, nn

from .base import check_base
from .built_in import DEFAULT, built_in_config, has_built_in
from .config import METHOD, RefSamAdapterConfig
from .files import check_shapes, find_weights, read_shapes
from .layer import AdapterLayer, ParallelAdapter, SerialAdapter
from .removal import all_or_nothing, remove_adapter
from .resolution import adapted_modules, check_modules_to_save, plain_name, record_base, resolve
from .targets import features, keep_in_sight, wrapped_by

CANNOT_MERGE = (
    "RefSAM adapters have a GELU inside and cannot be merged into the base model; "
    "unload() gives the base back without them"
)


class RefSamAdapterModel(BaseTuner):
    """Wraps modules of a model in adapter layers, as a [`RefSamAdapterConfig`] says; used through PEFT's own calls.

    In a `RefSamModel` the adapters that it is built with are one more adapter, under the name `default`.
    """

    prefix = f"{METHOD}_"
    tuner_layer_cls = AdapterLayer
    target_module_mapping: dict[str, list[str]] = {}

    def inject_adapter(
        self,
        model: nn.Module,
        adapter_name: str,
        autocast_adapter_dtype: bool = True,
        low_cpu_mem_usage: bool = False,
        state_dict: dict[str, Tensor] | None = None,
    ) -> None:
        """As in PEFT, but all or nothing.

        Raises:
            ValueError: the config does not fit the model, or the weights that lie beside a loaded config do not.
        """
        if has_built_in(model):
            if adapter_name == DEFAULT:
                raise ValueError(
                    f"{DEFAULT!r} is the adapter that this {type(model).__name__} is built with: "
                    "give the new one another name, adapter_name=..."
                )
            self.peft_config.setdefault(DEFAULT, built_in_config(model))
        given: Any = self.peft_config[adapter_name]
        config = self.peft_config[adapter_name] = resolve(given, model)
        if config.base_layers is not None:
            check_base(model, config.base_layers)
        check_modules_to_save(config, model)
        with all_or_nothing(model, adapter_name):
            super().inject_adapter(model, adapter_name, autocast_adapter_dtype, low_cpu_mem_usage, state_dict)
            record_base(config, model, adapter_name)
            self._compare_with_file(config, adapter_name)

    def _prepare_adapter_config(self, peft_config: Any, model_config: dict[str, Any]) -> Any:
        return peft_config  # is resolved before

    def _create_and_replace(
        self,
        peft_config: Any,
        adapter_name: str,
        target: nn.Module,
        target_name: str,
        parent: nn.Module,
        current_key: str,
        parameter_name: str | None = None,
    ) -> None:
        kind = ParallelAdapter if peft_config.is_parallel(current_key) else SerialAdapter
        in_features, out_features = features(current_key, target)
        layer = _layer_within(target, kind)
        if layer is None:
            keep_in_sight(current_key, target, parent)
            layer = kind(target, in_features if kind is ParallelAdapter else out_features, out_features)
            self._replace_module(parent, target_name, layer, target)
        fresh = peft_config.base_layers is None
        try:
            layer.update_layer(
                adapter_name,
                width=max(1, int(layer.in_features * peft_config.width_ratio)),
                scale=peft_config.parallel_scale if kind is ParallelAdapter else peft_config.serial_scale,
                init_weights=peft_config.init_weights if fresh else True,
            )
        except ValueError as error:
            raise ValueError(f"{current_key}: {error}") from error

    def _replace_module(self, parent: nn.Module, child_name: str, new_module: nn.Module, child: nn.Module) -> None:
        setattr(parent, child_name, new_module)  # PEFT's own needs the child to have a weight, and a block has none

    def _compare_with_file(self, config: RefSamAdapterConfig, adapter_name: str) -> None:
        """Before any weight is loaded: PEFT itself takes what fits, and warns of what is missing at most."""
        if config.source is None:
            return
        source, subfolder, hub_options = config.source
        try:
            path = find_weights(source, subfolder, **hub_options)
        except OSError:
            return  # a config alone; or PEFT says what it cannot find
        state_dict = get_peft_model_state_dict(self, adapter_name=adapter_name, save_embedding_layers=False)
        expected = {key.removeprefix("model."): tuple(value.shape) for key, value in state_dict.items()}
        check_shapes(expected, read_shapes(path), path)

    @classmethod
    def _get_adapter_state_dict(
        cls,
        model: nn.Module,
        config: Any,
        adapter_name: str,
        state_dict: dict[str, Tensor],
        unwanted_adapter_names: list[str],
    ) -> dict[str, Tensor]:
        """Called before an adapter is saved: its config then describes the base as it is now, trained or not."""
        base: Any = model
        while isinstance(base, PeftModel | BaseTuner):
            base = base.base_model if isinstance(base, PeftModel) else base.model
        record_base(config, base, adapter_name)
        return super()._get_adapter_state_dict(model, config, adapter_name, state_dict, unwanted_adapter_names)

    @classmethod
    def _remove_adapter_name_from_key(cls, key: str, adapter_name: str) -> str:
        """The name in a file, which is the same whatever other adapters are wrapped around the same module."""
        key = super()._remove_adapter_name_from_key(key, adapter_name)
        module, separator, rest = key.partition(f".{cls.prefix}")
        return plain_name(module) + separator + rest if separator else key

    def delete_adapter(self, adapter_name: str) -> None:
        """As in PEFT.

        Raises:
            ValueError: no such adapter, or the one that the model is built with.
        """
        if adapter_name == DEFAULT and has_built_in(self.model):
            raise ValueError(f"{DEFAULT!r} is the adapter that the model is built with and cannot be deleted")
        super().delete_adapter(adapter_name)

    def _check_merge_allowed(self) -> None:
        raise NotImplementedError(CANNOT_MERGE)

    def unmerge_adapter(self) -> None:
        """RefSAM adapters are never merged.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(CANNOT_MERGE)

    def _unload_and_optionally_merge(
        self,
        merge: bool = True,
        progressbar: bool = False,
        safe_merge: bool = False,
        adapter_names: list[str] | None = None,
    ) -> Any:
        """The base model as it was: without the adapters that were added, with those that it is built with."""
        if merge:
            self._check_merge_allowed()
        added = [name for name in self.peft_config if not (name == DEFAULT and has_built_in(self.model))]
        for name in added:
            remove_adapter(self.model, name)
        if hasattr(self.model, "peft_config"):
            del self.model.peft_config
        for layer in adapted_modules(self.model, DEFAULT).values():
            layer.set_adapter(DEFAULT)
        return self.model


def _layer_within(module: Any, kind: type[AdapterLayer]) -> AdapterLayer | None:
    """The adapter layer of that kind among the layers that are wrapped around one module."""
    while isinstance(module, BaseTunerLayer):
        if isinstance(module, kind):
            return module
        module = wrapped_by(module)
    return None
