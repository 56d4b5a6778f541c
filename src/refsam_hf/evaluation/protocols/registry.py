"""Which protocol scores which benchmark, as the benchmark's own file says."""

from collections.abc import Mapping
from pkgutil import resolve_name

from ...benchmarks.registry import benchmark_of
from .protocol import Protocol


def protocols_of(benchmark: str) -> Mapping[str, Protocol]:
    """The protocols of a benchmark; the one called "default" is that of the published tables.

    Raises:
        ValueError: no such benchmark.
    """
    said = benchmark_of(benchmark).protocols
    return {name: resolve_name(found) if isinstance(found, str) else found for name, found in said.items()}


def protocol_of(benchmark: str, variant: str = "default") -> Protocol:
    """One of them.

    Raises:
        ValueError: no such benchmark, or it has no such variant.
    """
    protocols = protocols_of(benchmark)
    if variant not in protocols:
        raise ValueError(f"protocol of {benchmark}: expected one of {', '.join(protocols)}, got {variant!r}")
    return protocols[variant]
