"""The moving average of the weights, which is what is validated and saved."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """An exponential moving average of the parameters that a model trains.

    The decay starts low and rises to its value, `min(decay, (1 + n) / (10 + n))` at update n: the average of a short
    run is not made of its random start.

    Args:
        model: its trained parameters are averaged; the rest never changes.
        decay: the share of the old average in the new one.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        self._names = list(trained)
        self._parameters: list[Tensor] = list(trained.values())
        self._averages: list[Tensor] = [p.detach().clone() for p in self._parameters]

    @torch.no_grad()
    def update(self) -> None:
        """Takes in the weights of this moment."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self._averages, self._parameters, 1 - decay)

    def tensors(self) -> dict[str, Tensor]:
        """The averages themselves, by the names of their parameters."""
        return dict(zip(self._names, self._averages, strict=True))

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within this context the model has the averaged weights."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for parameter, average in zip(self._parameters, self._averages, strict=True):
            kept = parameter.clone()
            parameter.copy_(average)
            average.copy_(kept)
