"""The moving average of the weights, which is what is validated and saved."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .shards import gathered, own_slice


class WeightAverage:
    """An exponential moving average of the parameters that a model trains.

    The decay starts low and rises to its value, `min(decay, (1 + n) / (10 + n))` at update n: the average of a short
    run is not made of its random start.

    Args:
        model: its trained parameters are averaged; the rest never changes.
        decay: the share of the old average in the new one.
        whole: a copy of the model, if the weights of that are sharded (`sharding.plan_sharding`).
    """

    def __init__(self, model: nn.Module, decay: float, whole: nn.Module | None = None) -> None:
        self.decay = decay
        self.updates = 0
        self._model, self._whole = model, whole
        trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        self._names = list(trained)
        self._parameters: list[Tensor] = list(trained.values())
        self._averages: list[Tensor] = [p.detach().clone() for p in self._parameters]

    @torch.no_grad()
    def update(self) -> None:
        """Takes in the weights of this moment."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        averages, parameters = (list(map(own_slice, tensors)) for tensors in (self._averages, self._parameters))
        torch._foreach_lerp_(averages, parameters, 1 - decay)

    def tensors(self) -> dict[str, Tensor]:
        """The averages themselves, by the names of their parameters."""
        return dict(zip(self._names, self._averages, strict=True))

    @contextmanager
    def applied(self) -> Iterator[Any]:
        """Gives a model with the averaged weights, to be used within this context: the model itself, or its copy."""
        if self._whole is not None:
            device = next(self._whole.parameters()).device
            self._fill(self._whole.to(self._parameters[0].device))
            try:
                yield self._whole
            finally:
                self._whole.to(device)
            return
        self._swap()
        try:
            yield self._model
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for parameter, average in zip(self._parameters, self._averages, strict=True):
            kept = parameter.clone()
            parameter.copy_(average)
            average.copy_(kept)

    @torch.no_grad()
    def _fill(self, whole: nn.Module) -> None:
        averages, buffers = self.tensors(), dict(self._model.named_buffers())
        for name, parameter in whole.named_parameters():
            if name in averages:
                parameter.copy_(gathered(averages[name]))
        for name, buffer in whole.named_buffers():
            buffer.copy_(buffers[name])
