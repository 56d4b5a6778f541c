"""Visual encoder with adapters (Figure 2, left): SAM's ViT, its intermediate embeddings handed out."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle
from transformers.models.sam.modeling_sam import SamVisionAttention, SamVisionEncoder, SamVisionSdpaAttention
from transformers.utils import ModelOutput

from ..adapters import inject_adapters
from ..configuration_refsam import RefSamConfig


@dataclass
class RefSamVisionOutput(ModelOutput):
    """What the tower sees in F frames.

    Fields:
        visual_embedding: (F, C, h, w), the neck's output.
        intermediate_embeddings: one (F, h, w, D) per global-attention block but the last.
        hidden_states: (F, h, w, D) before the first block and after each, if asked for.
        attentions: one (windows * heads, N, N) per block, if asked for (eager attention only).
    """

    visual_embedding: Tensor = None  # type: ignore[assignment]  # always there; ModelOutput wants a default
    intermediate_embeddings: tuple[Tensor, ...] = None  # type: ignore[assignment]
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None


class RefSamVisionTower(SamVisionEncoder):
    """transformers' SAM vision encoder with RefSAM's adapters in it; its forward hands out the intermediate levels."""

    def __init__(self, config: RefSamConfig) -> None:
        super().__init__(config.vision_config)
        self.intermediate_layers = config.intermediate_layers
        inject_adapters(
            self.layers,
            indices=config.adapter_layers or (),
            hidden_size=config.vision_config.hidden_size,
            width_ratio=config.adapter_width_ratio,
            space_adapter=config.space_adapter,
            mlp_adapter=config.mlp_adapter,
            mlp_adapter_scale=config.mlp_adapter_scale,
        )

    def forward(
        self, pixel_values: Tensor, output_hidden_states: bool = False, output_attentions: bool = False
    ) -> RefSamVisionOutput:
        """Frames (F, 3, S, S) with S the config's `image_size`.

        Raises:
            ValueError: frames of another size, or attentions asked of a tower that was not built with eager attention.
        """
        attentions: list[Tensor] = []
        handles = self._record_attentions(attentions) if output_attentions else []
        hidden_states = self.patch_embed(pixel_values)  # (F, h, w, D)
        if self.pos_embed is not None:
            hidden_states = hidden_states + self.pos_embed
        all_hidden_states = [hidden_states]
        intermediate_embeddings = []
        try:
            for index, layer in enumerate(self.layers):
                if not hidden_states.requires_grad and _is_recomputed(layer):
                    # reentrant checkpoints give no gradients to weights if no input asks for any
                    hidden_states = hidden_states.detach().requires_grad_(torch.is_grad_enabled())
                hidden_states = layer(hidden_states)
                if index in self.intermediate_layers:
                    intermediate_embeddings.append(hidden_states)
                if output_hidden_states:
                    all_hidden_states.append(hidden_states)
        finally:
            for handle in handles:
                handle.remove()
        return RefSamVisionOutput(
            visual_embedding=self.neck(hidden_states),  # (F, h, w, D) -> (F, C, h, w)
            intermediate_embeddings=tuple(intermediate_embeddings),
            hidden_states=tuple(all_hidden_states) if output_hidden_states else None,
            attentions=tuple(attentions) if output_attentions else None,
        )

    def _record_attentions(self, attentions: list[Tensor]) -> list[RemovableHandle]:
        """Collects the attention weights of every block, which SAM's blocks drop, while the handles live."""
        # the blocks, not the config: `set_attn_implementation` changes SAM's config, but not its blocks
        if any(isinstance(layer.attn, SamVisionSdpaAttention) for layer in self.layers):
            raise ValueError(
                "output_attentions=True needs a model loaded with attn_implementation='eager', got one with 'sdpa'"
            )

        def record(module: nn.Module, args: Any, output: tuple[Tensor, Tensor]) -> None:
            attentions.append(output[1])

        return [m.register_forward_hook(record) for m in self.modules() if isinstance(m, SamVisionAttention)]


def _is_recomputed(layer: nn.Module) -> bool:
    """Whether a block is under gradient checkpointing and has weights to be trained."""
    return bool(
        layer.training
        and getattr(layer, "gradient_checkpointing", False)
        and any(parameter.requires_grad for parameter in layer.parameters())
    )
