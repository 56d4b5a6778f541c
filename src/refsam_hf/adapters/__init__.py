"""RefSAM's adapters: the layers that the model builds from its config, and the same as a PEFT method for any model."""

from .config import RefSamAdapterConfig
from .injection import inject_adapters
from .layer import AdapterLayer, ParallelAdapter, SerialAdapter
from .model import RefSamAdapterModel
from .switching import SwitchesAdapters

__all__ = [
    "AdapterLayer",
    "ParallelAdapter",
    "RefSamAdapterConfig",
    "RefSamAdapterModel",
    "SerialAdapter",
    "SwitchesAdapters",
    "inject_adapters",
]
