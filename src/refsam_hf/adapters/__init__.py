"""RefSAM's adapters, in the shape of a PEFT tuner's layers."""

from .injection import inject_adapters
from .layer import AdapterLayer, ParallelAdapter, SerialAdapter

__all__ = ["AdapterLayer", "ParallelAdapter", "SerialAdapter", "inject_adapters"]
