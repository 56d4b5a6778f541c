"""Every benchmark by its name, and the loading of one.

The benchmarks of this package are the entries of `BENCHMARKS`, a dict, in the files beside this one. Those of other
packages are entry points of the group "refsam_hf.benchmarks", or are registered while a program runs.
"""

import difflib
import os
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from .benchmark import Benchmark
from .options import check_options
from .problems import BenchmarkError

if TYPE_CHECKING:
    from datasets import Dataset

GROUP = "refsam_hf.benchmarks"
"""The group of entry points; the name of one is that of its benchmark, its value a `Benchmark`, `module:attribute`."""


class _Benchmarks(Mapping[str, Benchmark]):
    """Looked for when they are asked for: nothing is imported before."""

    def __init__(self) -> None:
        self._others: dict[str, Benchmark] = {}

    def __getitem__(self, name: str) -> Benchmark:
        if name in self._own:
            return self._own[name]
        if name not in self._others:
            points = list(entry_points(group=GROUP, name=name))
            if not points:
                raise KeyError(name)
            if len(points) > 1:
                places = " and ".join(sorted(point.value for point in points))
                raise BenchmarkError(f"benchmark {name!r}: expected it of one package, got it at {places}")
            self._others[name] = _load_point(points[0])
        return self._others[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._own, *self._others, *sorted(entry_points(group=GROUP).names)]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in list(iter(self))

    def register(self, name: str, benchmark: Benchmark) -> None:
        if name in self:
            raise ValueError(f"benchmark: expected a name that is not taken yet, got {name!r}")
        self._others[name] = benchmark

    @cached_property
    def _own(self) -> dict[str, Benchmark]:
        found: dict[str, Benchmark] = {}
        for module in pkgutil.iter_modules([os.path.dirname(__file__)]):
            own = getattr(import_module(f".{module.name}", __package__), "BENCHMARKS", None)
            if isinstance(own, dict):
                found |= own
        return found


def _load_point(point: Any) -> Benchmark:
    try:
        found = point.load()
    except (ImportError, AttributeError) as error:
        raise BenchmarkError(f"benchmark {point.name!r}: expected it at {point.value}, got {error}") from error
    if not isinstance(found, Benchmark):
        raise BenchmarkError(
            f"benchmark {point.name!r}: expected a Benchmark at {point.value}, got {type(found).__name__}"
        )
    return found


BENCHMARKS = _Benchmarks()
"""All benchmarks, by name."""


def register_benchmark(name: str, benchmark: Benchmark) -> None:
    """Makes a benchmark known by a name while this program runs.

    Only in this process and those that are forked from it: what is spawned, as every process is on Windows and macOS,
    has to call it itself, or the package has to be installed.

    An installed package does so for every program, the `refsam` command too, by an entry point of the group
    "refsam_hf.benchmarks".

    Raises:
        ValueError: the name is taken.
    """
    BENCHMARKS.register(name, benchmark)


def benchmark_of(name: str) -> Benchmark:
    """The benchmark of a name.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        return BENCHMARKS[name]
    except KeyError:
        near = difflib.get_close_matches(name, BENCHMARKS, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ValueError(f"benchmark: expected one of {', '.join(BENCHMARKS)}, got {name!r}{hint}") from None


def load_benchmark(name: str, root: str | os.PathLike[str] | None, split: str, **options: Any) -> "Dataset":
    """The rows of a split, one per expression, those of a video one after another.

    The rows hold no pixels: `decode_row`, or `load_benchmark(...).with_transform(decode_rows)`, decodes them when they
    are opened. `docs/benchmarks.md` has the folder, the splits and the options of each benchmark.

    Args:
        name: one of `BENCHMARKS`.
        root: the folder of the benchmark; None for "shapes", which is drawn. Or a folder that `refsam prepare` wrote,
            or the address of such a dataset on the Hub, hf://datasets/NAME/DATASET.
        split: as the benchmark calls it; of "own_clips" the range of frames.

    Raises:
        ValueError: an unknown benchmark, split or option, or a folder that holds something else than it should.
        OSError: a folder or file is missing or cannot be read.
    """
    from .parquet.reading import is_prepared, load_prepared

    load = benchmark_of(name).load
    check_options(name, load, options)
    if is_prepared(root):
        refused = sorted(options.keys() - {"strict"})  # which has nothing to leave out there
        if refused:
            raise ValueError(
                f"{name}: expected {refused[0]} when it is prepared (refsam prepare), but {root} is already"
            )
        return load_prepared(name, root or "", split)
    return load(root, split, **options)
