"""The calls of transformers for adapters, on a model that is built with adapters of its own."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from peft import PeftConfig, get_peft_model_state_dict, inject_adapter_in_model, set_peft_model_state_dict
from peft.tuners.tuners_utils import BaseTunerLayer, set_adapter
from peft.utils.other import AuxiliaryTrainingWrapper
from torch import Tensor
from transformers import PreTrainedModel
from transformers.utils.loading_report import LoadStateDictInfo

from .built_in import DEFAULT, built_in_config, has_built_in
from .config import RefSamAdapterConfig
from .layer import AdapterLayer
from .loading import GivenAdapter
from .other_methods import check_leaves_weights_alone, settle
from .own_weights import own_weights
from .removal import all_or_nothing, remove_adapter, train_only


class SwitchesAdapters(PreTrainedModel):
    """A model whose adapters from its config are one more adapter, `default`, for transformers and PEFT.

    Adapters of any PEFT method can be added under other names. A RefSAM adapter takes the place of `default`, one of
    another method acts on top of it. Once one is added, all that was there is frozen, so that `set_adapter("default")`
    gives the model's own masks back bit for bit. `disable_adapters` switches off all of them, `default` too: what is
    left is SAM's bare tower.
    """

    @property
    def peft_config(self) -> dict[str, Any]:
        """The adapters that PEFT knows of, `default` among them.

        Raises:
            AttributeError: no call has needed it yet, which is how PEFT and transformers see that there is none.
        """
        if "_peft_configs" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__} has no attribute 'peft_config': no adapter was added")
        configs: dict[str, Any] = self.__dict__["_peft_configs"]
        return configs

    @peft_config.setter
    def peft_config(self, configs: dict[str, Any]) -> None:
        """Set by PEFT when it has put in an adapter, by whatever call."""
        self.__dict__["_peft_configs"] = configs
        settle(self, configs)

    @peft_config.deleter
    def peft_config(self) -> None:
        del self.__dict__["_peft_configs"]

    def add_adapter(self, adapter_config: PeftConfig, adapter_name: str | None = None) -> None:
        """Adds a fresh adapter of any PEFT method and makes it the active one.

        Raises:
            ValueError: a name that is taken, or is that of a module; a config that does not fit the model; a LoRA
                that rewrites the model's own weights when it begins (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA, KaSA).
        """
        check_leaves_weights_alone(adapter_config)
        with self._all_or_nothing(adapter_name or DEFAULT) as name:
            super().add_adapter(adapter_config, name)

    def load_adapter(
        self,
        peft_model_id: str | None = None,
        adapter_name: str | None = None,
        peft_config: PeftConfig | dict[str, Any] | None = None,
        adapter_state_dict: dict[str, Tensor] | None = None,
        low_cpu_mem_usage: bool = False,
        is_trainable: bool = False,
        hotswap: bool | str = "auto",
        local_files_only: bool = False,
        adapter_kwargs: dict[str, Any] | None = None,
        load_config: Any = None,
        **hub_options: Any,
    ) -> LoadStateDictInfo:
        """Adds an adapter of any PEFT method from a folder or the Hub, or from its config and weights.

        The folder may be an adapter's own, or an adapter-only checkpoint that holds one. It becomes the active one,
        frozen unless `is_trainable`.

        Raises:
            ValueError: a name that is taken; an adapter for another base (depth, widths, weights); weights that are
                missing, unknown or of another shape; damaged files; `hotswap=True`; a LoRA that `add_adapter`
                refuses.
            OSError: no such files.
        """
        if hotswap is True:
            raise ValueError("hotswap=True is not supported: delete the adapter and load the other one")
        if load_config is not None:  # from_pretrained, given an adapter's folder
            from ..hub.base_checks import hub_options_of

            peft_model_id = peft_model_id or load_config.pretrained_model_name_or_path
            options = hub_options_of(load_config.download_kwargs)
            local_files_only = options.pop("local_files_only", False) or local_files_only
            hub_options = {**options, **hub_options}
        if peft_model_id is not None:
            hub_options = {**hub_options, "local_files_only": local_files_only, **(adapter_kwargs or {})}
            given = GivenAdapter.read(peft_model_id, hub_options)
        else:
            given = GivenAdapter.of(peft_config, adapter_state_dict)
        check_leaves_weights_alone(given.config)
        given.config.inference_mode = not is_trainable
        with self._all_or_nothing(adapter_name or DEFAULT) as name:
            if given.belonging is not None:
                given.belonging.check_base(self)
            inject_adapter_in_model(given.config, self, name, low_cpu_mem_usage=low_cpu_mem_usage)
            weights = given.weights_for(self, name)
            if given.belonging is not None:
                given.belonging.check_file()
            set_peft_model_state_dict(self, weights, adapter_name=name, low_cpu_mem_usage=low_cpu_mem_usage)
            self._activate([name], inference_mode=not is_trainable)
        if not is_trainable:
            self.eval()
        return LoadStateDictInfo(set(), set(), set(), [], {}, set())

    def set_adapter(self, adapter_name: list[str] | str) -> None:
        """Makes an adapter, or several, the active ones; only these are trainable then.

        Raises:
            ValueError: no such adapter.
        """
        names = [adapter_name] if isinstance(adapter_name, str) else list(adapter_name)
        self._check_known(names)
        self._activate(names)

    def active_adapters(self) -> list[str]:
        """Names of the active adapters."""
        self._check_known([])
        return self._adapters_in_use()

    def added_adapters(self) -> list[str]:
        """Names of the adapters that were added to what the model is built with."""
        return [name for name in self.__dict__.get("_peft_configs", ()) if not self._is_built_in(name)]

    def disable_adapters(self) -> None:
        """Switches off all adapters, `default` too, and the modules that they brought with them."""
        self._enable(False)

    def enable_adapters(self) -> None:
        """Switches the active adapters on again, and the modules that they brought with them."""
        self._enable(True)

    def delete_adapter(self, adapter_names: list[str] | str) -> None:
        """Removes adapters that were added; where the active one goes, `default` comes back.

        Raises:
            ValueError: no such adapter, or `default`.
        """
        names = [adapter_names] if isinstance(adapter_names, str) else list(adapter_names)
        self._check_known(names)
        if any(self._is_built_in(name) for name in names):
            raise ValueError(f"{DEFAULT!r} is the adapter that the model is built with and cannot be deleted")
        left = [name for name in self._adapters_in_use() if name not in names]
        for name in names:
            remove_adapter(self, name)
            self._forget(name)
        self._activate(left or [DEFAULT] * has_built_in(self))
        if not self.added_adapters():
            train_only(self, self.__dict__.pop("_trained_before", ()))

    def get_adapter_state_dict(
        self, adapter_name: str | None = None, state_dict: dict[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """The weights of one adapter, `default` or another, under PEFT's names."""
        name = adapter_name or self.active_adapters()[0]
        self._check_known([name])
        with self._built_in_known():
            return get_peft_model_state_dict(self, state_dict, name, save_embedding_layers=False)

    def get_adapter_config(self, adapter_name: str) -> PeftConfig:
        """The PEFT config of one adapter, `default` or another, as it would be saved."""
        self._check_known([adapter_name])
        with self._built_in_known():
            config: PeftConfig = self.peft_config[adapter_name]
        return config

    def save_pretrained(self, save_directory: Any, *args: Any, **kwargs: Any) -> None:
        """Self-contained, always: the config and all weights of the model's own state, whichever adapter is active.

        Adapters that were added are files of their own, and not in it; a warning says so.
        """
        if added := self.added_adapters():
            warnings.warn(f"saving the model without its adapters {', '.join(map(repr, added))}", stacklevel=2)
            kwargs["state_dict"] = own_weights(self, kwargs.get("state_dict"))
        loaded, self._hf_peft_config_loaded = self._hf_peft_config_loaded, False
        try:
            super().save_pretrained(save_directory, *args, **kwargs)
        finally:
            self._hf_peft_config_loaded = loaded

    def enable_input_require_grads(self) -> None:
        """Nothing to do: the vision tower asks for gradients itself, where it begins to be trained."""

    def _is_built_in(self, name: str) -> bool:
        config = self.__dict__.get("_peft_configs", {}).get(name)
        # PEFT's own calls give the same name to an adapter of another method, if they are told none
        return name == DEFAULT and has_built_in(self) and (config is None or isinstance(config, RefSamAdapterConfig))

    def _is_own_method(self, name: str) -> bool:
        return self._is_built_in(name) or isinstance(self.peft_config[name], RefSamAdapterConfig)

    def _known_adapters(self) -> list[str]:
        return [*([DEFAULT] * has_built_in(self)), *(n for n in self.added_adapters() if not self._is_built_in(n))]

    def _adapters_in_use(self) -> list[str]:
        return list(self.__dict__.get("_active", [DEFAULT] * has_built_in(self)))

    def _check_known(self, names: Sequence[str]) -> None:
        known = self._known_adapters()
        if not known:
            raise ValueError("there is no adapter: add or load one first")
        missing = [name for name in names if name not in known]
        if missing:
            raise ValueError(f"expected adapters among {known}, got {', '.join(map(repr, missing))}")

    def _check_free(self, name: str) -> None:
        if name in self._known_adapters():
            said = " (the one that the model is built with)" if self._is_built_in(name) else ""
            raise ValueError(f"there is already an adapter {name!r}{said}: give the new one another, adapter_name=...")
        if any(name in module.split(".") for module, _ in self.named_modules()):
            raise ValueError(f"an adapter cannot be called {name!r}: a module of the model has that name")

    def _activate(self, names: Sequence[str], inference_mode: bool = False) -> None:
        self.__dict__["_active"] = list(names)
        if not names:
            return  # none is left, and no layer of any
        own = any(self._is_own_method(name) for name in names)
        set_adapter(self, list(names), inference_mode=inference_mode)
        for module in self.modules():
            if isinstance(module, AdapterLayer) and not own and has_built_in(self):
                module.set_adapter(DEFAULT, inference_mode=True)

    def _enable(self, enabled: bool) -> None:
        self._check_known([])
        for module in self.modules():
            if isinstance(module, BaseTunerLayer | AuxiliaryTrainingWrapper):
                module.enable_adapters(enabled)

    @contextmanager
    def _built_in_known(self) -> Iterator[None]:
        """Lets PEFT know of `default` inside, and afterwards too if other adapters were added."""
        if has_built_in(self):
            configs = self.__dict__.setdefault("_peft_configs", {})
            if DEFAULT not in configs:
                configs[DEFAULT] = built_in_config(self)
        try:
            yield
        finally:
            self._forget_built_in()

    def _forget_built_in(self) -> None:
        self._hf_peft_config_loaded = bool(self.added_adapters())
        if not self._hf_peft_config_loaded:
            self.__dict__.pop("_peft_configs", None)

    @contextmanager
    def _all_or_nothing(self, name: str) -> Iterator[str]:
        """Around what adds an adapter: if it fails, the model is what it was."""
        self._check_free(name)
        active = self._adapters_in_use()
        trainable = [parameter for parameter in self.parameters() if parameter.requires_grad]
        try:
            with all_or_nothing(self, name), self._built_in_known(), warnings.catch_warnings():
                # PEFT takes it for a mistake to add a second one
                warnings.filterwarnings("ignore", "Already found a `peft_config` attribute")
                yield name
        except Exception:
            self._forget(name)
            self.__dict__["_active"] = active
            raise
        if len(self.added_adapters()) == 1:
            self.__dict__["_trained_before"] = trainable  # of the model's own, for when it is alone again

    def _forget(self, name: str) -> None:
        self.__dict__.get("_peft_configs", {}).pop(name, None)
        self._forget_built_in()
