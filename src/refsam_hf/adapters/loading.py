"""What `load_adapter` is given: an adapter of any PEFT method, read and compared with the model that it is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peft import PeftConfig, get_peft_model_state_dict
from torch import Tensor

from .built_in import has_built_in
from .config import RefSamAdapterConfig
from .files import PEFT_PREFIX, adapter_subfolder, check_shapes, read_adapter
from .other_methods import without_built_in

if TYPE_CHECKING:
    from ..hub.base_checks import Belonging


@dataclass(frozen=True)
class GivenAdapter:
    """An adapter that is not in a model yet.

    Fields:
        source: what it is called in errors.
        config: its method and settings.
        weights: under PEFT's names, with or without its prefix.
        belonging: the model that it is for, if it is that of an adapter-only checkpoint.
    """

    source: str
    config: PeftConfig
    weights: dict[str, Tensor]
    belonging: "Belonging | None" = None

    @classmethod
    def read(cls, source: str, hub_options: Mapping[str, Any]) -> "GivenAdapter":
        """From a folder or the Hub: an adapter's own, or an adapter-only checkpoint that holds one.

        Raises:
            ValueError: a config that cannot be used, a damaged file.
            OSError: no such files.
        """
        belonging = None
        subfolder = adapter_subfolder(source, **hub_options)
        if subfolder != hub_options.get("subfolder"):  # it is an adapter-only checkpoint
            from ..hub.base_checks import Belonging

            belonging = Belonging.of(source, hub_options)
        config, weights = read_adapter(source, **{**hub_options, "subfolder": subfolder})
        return cls(source, config, weights, belonging)

    @classmethod
    def of(cls, config: PeftConfig | dict[str, Any] | None, weights: dict[str, Tensor] | None) -> "GivenAdapter":
        """From what the caller holds already.

        Raises:
            ValueError: one of the two is missing.
        """
        if config is None or weights is None:
            raise ValueError("expected peft_model_id, or peft_config and adapter_state_dict")
        settings = PeftConfig.from_peft_type(**config) if isinstance(config, dict) else config
        return cls("adapter_state_dict", settings, weights)

    def weights_for(self, model: Any, name: str) -> dict[str, Tensor]:
        """Its weights, if they are exactly those that the fresh adapter `name` of a model has.

        Raises:
            ValueError: weights that are missing, unknown or of another shape; they are named.
        """
        weights = {key.removeprefix(PEFT_PREFIX): value for key, value in self.weights.items()}
        if not isinstance(model.peft_config[name], RefSamAdapterConfig) and has_built_in(model):
            weights = without_built_in(model, weights, self.source)
        expected = get_peft_model_state_dict(model, adapter_name=name, save_embedding_layers=False)
        shapes = {key: tuple(value.shape) for key, value in expected.items()}
        check_shapes(shapes, {key: tuple(value.shape) for key, value in weights.items()}, self.source)
        return weights
