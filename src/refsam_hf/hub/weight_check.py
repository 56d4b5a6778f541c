"""What is wrong with the weights of a file, all of it at once."""

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor

SHOWN = 20
"""So many names of a kind are listed before the rest is counted: a wrong size of model spoils hundreds."""


def weight_problems(
    given: Mapping[str, Tensor],
    expected: Mapping[str, torch.Size],
    *,
    unknown: Iterable[str] = (),
    named: Callable[[str], str] = str,
) -> list[str]:
    """Compares the weights that are there with those that should be.

    Args:
        given: weights under our names.
        expected: the shape that each of our names should have.
        unknown: names in the file that are none at all.
        named: what the file calls one of our names.

    Returns:
        "missing: ...", "unknown: ..." and "of another shape: ...", as far as there are such; empty if all is well.
    """
    problems = {
        "missing": [named(name) for name in expected.keys() - given.keys()],
        "unknown": [*unknown, *(named(name) for name in given.keys() - expected.keys())],
        "of another shape": [
            f"{named(name)} {tuple(given[name].shape)} for {tuple(shape)}"
            for name, shape in expected.items()
            if name in given and given[name].shape != shape
        ],
    }
    return [f"{problem}: {_listed(names)}" for problem, names in problems.items() if names]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(sorted(names)[:SHOWN]) + more
