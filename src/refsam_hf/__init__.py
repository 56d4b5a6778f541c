"""RefSAM for the people who use Hugging Face: referring video object segmentation, a video and words in, masks out.

The public names are imported when they are first used. Importing this package registers the Auto classes, the
pipeline task `referring-video-segmentation` and the PEFT method `refsam_adapter`; nothing else does.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._registration import register

__version__ = "0.1.0"

TINY_CHECKPOINT = str(Path(__file__).parent / "checkpoints" / "refsam-tiny-shapes")
"""Folder of the bundled checkpoint: small, trained on the procedural benchmark "shapes"."""

_MODULE_OF = {
    "RefSamAdapterConfig": "adapters",
    "RefSamConfig": "configuration_refsam",
    "RefSamModel": "modeling_refsam",
    "RefSamOutput": "outputs",
    "RefSamFrameOutput": "outputs",
    "RefSamProcessor": "processing_refsam",
    "RefSamVideoProcessor": "video_processing_refsam",
    "RefSamVideoSession": "video_session",
    "ReferringVideoSegmentationPipeline": "pipeline_refsam",
}

__all__ = ["TINY_CHECKPOINT", "__version__", *sorted(_MODULE_OF)]

if TYPE_CHECKING:
    from .adapters import RefSamAdapterConfig as RefSamAdapterConfig
    from .configuration_refsam import RefSamConfig as RefSamConfig
    from .modeling_refsam import RefSamModel as RefSamModel
    from .outputs import RefSamFrameOutput as RefSamFrameOutput
    from .outputs import RefSamOutput as RefSamOutput
    from .pipeline_refsam import ReferringVideoSegmentationPipeline as ReferringVideoSegmentationPipeline
    from .processing_refsam import RefSamProcessor as RefSamProcessor
    from .video_processing_refsam import RefSamVideoProcessor as RefSamVideoProcessor
    from .video_session import RefSamVideoSession as RefSamVideoSession


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


register(TINY_CHECKPOINT)
