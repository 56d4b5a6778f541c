"""Takes an adapter out of a model, and with it what was there for its sake alone."""

from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.other import AuxiliaryTrainingWrapper
from torch import nn

from .targets import wrapped_by


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
