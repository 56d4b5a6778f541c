"""Everything that a training has learned and gathered, as named tensors: what a checkpoint to go on from holds.

Only what is trained is stored. What is frozen comes from where the training got it, and its sum shows that it is the
same.
"""

import hashlib
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from .averaging import WeightAverage
from .shards import gathered, spread_like

Tensors = dict[str, Tensor]


class RunState:
    """The weights that a training changes, their moving average, and the optimizer's memory.

    Args:
        learner: the module that is trained.
        average: of the weights of the module.
        optimizer: of the module's parameters; its groups follow from the configuration and are not stored.
    """

    def __init__(self, learner: nn.Module, average: WeightAverage, optimizer: torch.optim.Optimizer) -> None:
        self.learner = learner
        self.average = average
        self.optimizer = optimizer

    def tensors(self, keep: bool = True) -> dict[str, Tensors]:
        """All of it by file: `weights`, `average`, and `optimizer` with the keys `NAME.STATE`; whole, on the CPU.

        Args:
            keep: False for empty tensors, on a process that is only needed to gather those of shards.
        """
        return {
            "weights": {name: _stored(tensor, keep) for name, tensor in self._changing().items()},
            "average": {name: _stored(tensor, keep) for name, tensor in self.average.tensors().items()},
            "optimizer": {
                f"{name}.{key}": _stored(value, keep)
                for name, parameter in self._trained().items()
                for key, value in self.optimizer.state.get(parameter, {}).items()
            },
        }

    @torch.no_grad()
    def load(self, stored: Mapping[str, Tensors]) -> None:
        """Takes what `tensors` gave.

        Raises:
            ValueError: it is of another set of weights, or of other shapes; before anything is changed.
        """
        changing, averaged, trained = self._changing(), self.average.tensors(), self._trained()
        _check_same("weights", changing, stored["weights"])
        _check_same("average", averaged, stored["average"])
        memory: dict[str, Tensors] = {}
        for key, value in stored["optimizer"].items():
            name, _, state = key.rpartition(".")
            memory.setdefault(name, {})[state] = value
        _check_known("optimizer", trained, memory)
        for name, tensor in changing.items():
            tensor.copy_(spread_like(stored["weights"][name], tensor))
        for name, tensor in averaged.items():
            tensor.copy_(spread_like(stored["average"][name], tensor))
        self.optimizer.state.clear()
        for name, states in memory.items():
            parameter = trained[name]
            # the number of steps stays on the CPU, where AdamW counts it
            self.optimizer.state[parameter] = {
                state: value.clone() if value.ndim == 0 else spread_like(value, parameter)
                for state, value in states.items()
            }

    def sum_of_frozen(self) -> str:
        """A sha256 of the names and values of the weights that are not trained; all processes ask at the same time."""
        digest = hashlib.sha256()
        for name, parameter in sorted(self.learner.named_parameters()):
            if not parameter.requires_grad:
                digest.update(name.encode())
                digest.update(_stored(parameter).flatten().view(torch.uint8).numpy().data)
        return digest.hexdigest()

    def _trained(self) -> Tensors:
        return {name: weight for name, weight in self.learner.named_parameters() if weight.requires_grad}

    def _changing(self) -> Tensors:
        """What is trained, and the buffers."""
        return self._trained() | dict(self.learner.named_buffers())


def _stored(tensor: Tensor, keep: bool = True) -> Tensor:
    whole = gathered(tensor.detach())
    return whole.cpu().contiguous() if keep else torch.empty(0)


def _check_known(what: str, expected: Iterable[str], got: Iterable[str]) -> None:
    unknown = sorted(set(got) - set(expected))
    if unknown:
        raise ValueError(f"{what}: expected the weights that are trained, got also {', '.join(unknown[:5])}")


def _check_same(what: str, expected: Tensors, got: Tensors) -> None:
    _check_known(what, expected, got)
    missing = sorted(set(expected) - set(got))
    if missing:
        raise ValueError(f"{what}: expected the weights that are trained, these are missing: {', '.join(missing[:5])}")
    for name, tensor in expected.items():
        if tensor.shape != got[name].shape:
            raise ValueError(f"{what}: expected {name} of shape {tuple(tensor.shape)}, got {tuple(got[name].shape)}")
