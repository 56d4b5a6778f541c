"""Makes RefSAM known to transformers: the Auto classes and the pipeline task."""

from transformers import AutoConfig, AutoModel, AutoProcessor

from .configuration_refsam import RefSamConfig
from .modeling_refsam import RefSamModel
from .processing_refsam import RefSamProcessor

TASK = "referring-video-segmentation"


def register(default_checkpoint: str) -> None:
    """Registers everything once; called by the package's import."""
    AutoConfig.register(RefSamConfig.model_type, RefSamConfig)
    AutoModel.register(RefSamConfig, RefSamModel)
    AutoProcessor.register(RefSamConfig, RefSamProcessor)
