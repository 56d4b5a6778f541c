"""Libraries that only some benchmarks need."""

from importlib import import_module
from types import ModuleType

from .problems import BenchmarkError


def need(module: str, benchmark: str) -> ModuleType:
    """A module of the extra "benchmarks".

    Raises:
        BenchmarkError: it is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise BenchmarkError(
            f"{benchmark}: expected {module.partition('.')[0]} to read its masks, got none: "
            "pip install refsam_hf[benchmarks]"
        ) from error
