"""One file per box of RefSAM's figure, in its order."""

from .cross_modal_mlp import CrossModalMlp
from .hierarchical_dense_attention import HierarchicalDenseAttention
from .implicit_tracking import ImplicitTracking
from .mask_decoder import RefSamMaskDecoder
from .text_encoder import build_text_encoder, encode_text
from .vision_tower import RefSamVisionTower

__all__ = [
    "CrossModalMlp",
    "HierarchicalDenseAttention",
    "ImplicitTracking",
    "RefSamMaskDecoder",
    "RefSamVisionTower",
    "build_text_encoder",
    "encode_text",
]
