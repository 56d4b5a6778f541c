"""The order in which rows are learnt from: pass after pass over all of them, each in an order of its own."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray


class Passes:
    """Rows in samples of some that belong together; every row comes once in every pass.

    What sample `index` is depends on the arguments and on `index` alone, so that a training goes on anywhere.

    Args:
        groups: of every row, what it belongs to; only rows of one group come together.
        most: rows of a sample, at most.
        seed: of the orders.

    Attributes:
        samples: how many there are in a pass.

    Raises:
        ValueError: there is no row.
    """

    def __init__(self, groups: Sequence[Hashable], most: int, seed: Sequence[int]) -> None:
        if not groups:
            raise ValueError("expected at least one row to learn from, got none")
        numbers: dict[Hashable, int] = {}
        self._groups = np.array([numbers.setdefault(group, len(numbers)) for group in groups])
        sizes = np.bincount(self._groups)
        # in the order of the groups, the rows of a sample stand together, from its start to its stop
        first = np.repeat(np.cumsum(sizes) - sizes, sizes)
        place = np.arange(len(groups)) - first
        self._starts = np.flatnonzero(place % most == 0)
        self._stops = np.append(self._starts[1:], len(groups))
        self._seed = list(seed)
        self._pass, self._order, self._samples = -1, self._groups, self._starts
        self.samples = len(self._starts)

    def rows(self, index: int) -> NDArray[np.int64]:
        """The places of the rows of a sample; `index` counts on from pass to pass."""
        number, place = divmod(index, self.samples)
        if number != self._pass:
            rng = np.random.default_rng([*self._seed, number])
            self._order = np.lexsort((rng.random(len(self._groups)), self._groups))
            self._samples = rng.permutation(self.samples)
            self._pass = number
        sample = self._samples[place]
        return self._order[self._starts[sample] : self._stops[sample]]
