"""Makes RefSAM known to transformers and PEFT: the Auto classes, the pipeline task and the adapters."""

from typing import Any

from peft.utils import PeftType, register_peft_method
from transformers import AutoConfig, AutoModel, AutoProcessor
from transformers.pipelines import PIPELINE_REGISTRY

from .adapters import RefSamAdapterConfig, RefSamAdapterModel
from .adapters.config import METHOD
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
    _add_peft_type(METHOD.upper())
    register_peft_method(name=METHOD, config_cls=RefSamAdapterConfig, model_cls=RefSamAdapterModel)


def _add_peft_type(name: str) -> None:
    """Adds a member to PEFT's enum of methods, which is closed, and without which no method can be registered."""
    member: Any = str.__new__(PeftType, name)
    member._name_ = member._value_ = name
    member._sort_order_ = len(PeftType)
    setattr(PeftType, name, member)
    PeftType._member_names_.append(name)
    PeftType._member_map_[name] = member
    PeftType._value2member_map_[name] = member
