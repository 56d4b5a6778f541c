"""Time and memory of this process, for what is compared in one run."""

import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import torch

from refsam_hf.training.meter import peak_memory


def medians(
    sides: Mapping[str, Callable[..., object]], rounds: int, inputs: Callable[[int], tuple[Any, ...]] = lambda _: ()
) -> dict[str, float]:
    """The median milliseconds of each side; the sides are run in turn, after one round that does not count.

    They are those of this process on its core: what else runs on the machine takes nothing from either side. Before
    each turn, and not counted, `inputs` makes what the side gets in that round: as in real use, it was just written.
    """
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            given = inputs(number)
            start = time.process_time()
            side(*given)
            if number:
                times[name].append(1000 * (time.process_time() - start))
    return {name: statistics.median(taken) for name, taken in times.items()}


def peak_mebibytes(work: Callable[[], object]) -> float:
    """The most memory that Python and NumPy held at once for some work."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


def most_resident() -> float:
    """MiB that this process has held at most; PyTorch's count too."""
    return peak_memory(torch.device("cpu")) * 1e9 / 2**20
