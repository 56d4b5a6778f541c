"""Makes RefSAM known to transformers: the Auto classes and the pipeline task."""

from transformers import AutoConfig, AutoModel, AutoProcessor
from transformers.pipelines import PIPELINE_REGISTRY

from .configuration_refsam import RefSamConfig
from .modeling_refsam import RefSamModel
from .pipeline_refsam import ReferringVideoSegmentationPipeline
from .processing_refsam import RefSamProcessor

TASK = "referring-video-segmentation"


def register(default_checkpoint: str) -> None:
    """Registers everything once; called by the package's import.

    Args:
        default_checkpoint: what `pipeline(TASK)` loads when no model is named.
    """
    AutoConfig.register(RefSamConfig.model_type, RefSamConfig)
    AutoModel.register(RefSamConfig, RefSamModel)
    AutoProcessor.register(RefSamConfig, RefSamProcessor)
    PIPELINE_REGISTRY.register_pipeline(
        TASK,
        pipeline_class=ReferringVideoSegmentationPipeline,
        pt_model=AutoModel,
        default={"model": (default_checkpoint, "main")},
        type="multimodal",
    )
