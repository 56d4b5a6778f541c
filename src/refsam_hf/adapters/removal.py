"""Takes an adapter out of a model, and with it what was there for its sake alone."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.other import AuxiliaryTrainingWrapper
from torch import Tensor, nn

from .layer import AdapterLayer
from .targets import wrapped_by


@contextmanager
def all_or_nothing(model: nn.Module, adapter_name: str) -> Iterator[None]:
    """Around what adds an adapter: if it fails, the model is what it was, with the same adapters active."""
    layers = [
        (module, list(module.active_adapters))
        for module in model.modules()
        if isinstance(module, BaseTunerLayer | AuxiliaryTrainingWrapper)
    ]
    frozen = {module: module.inference_mode for module, _ in layers if isinstance(module, AdapterLayer)}
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    try:
        yield
    except Exception:
        remove_adapter(model, adapter_name)
        for layer, active in layers:
            layer.set_adapter(active, inference_mode=frozen.get(layer, False))
        train_only(model, trainable)
        raise


def train_only(model: nn.Module, parameters: Iterable[Tensor]) -> None:
    """Freezes all but these parameters."""
    model.requires_grad_(False)
    for parameter in parameters:
        parameter.requires_grad_(True)


def remove_adapter(model: nn.Module, adapter_name: str, spared: tuple[type[nn.Module], ...] = ()) -> None:
    """Removes the adapter of that name, of whatever method, but not from layers of the `spared` kinds.

    Nothing takes its place as the active one. PEFT's own `delete_adapter` leaves empty layers behind, which change the
    names of the weights in them.
    """
    for module in list(model.modules()):
        if isinstance(module, spared):
            continue
        if isinstance(module, BaseTunerLayer):
            if adapter_name in module.active_adapters:
                module.set_adapter([name for name in module.active_adapters if name != adapter_name])
            module.delete_adapter(adapter_name)
        elif isinstance(module, AuxiliaryTrainingWrapper):
            module.delete_adapter(
                adapter_name, new_active_adapters=[name for name in module.active_adapters if name != adapter_name]
            )
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            setattr(parent, name, _without_empty_layers(child))


def _without_empty_layers(module: nn.Module) -> nn.Module:
    while isinstance(module, BaseTunerLayer | AuxiliaryTrainingWrapper) and not module._get_available_adapters():
        module = wrapped_by(module) if isinstance(module, BaseTunerLayer) else module.original_module
    return module
