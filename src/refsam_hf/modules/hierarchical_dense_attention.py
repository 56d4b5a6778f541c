"""Hierarchical Dense Attention (Section 3.3): every position asks the words, on several levels of the tower.

Letters: B clips, E expressions, L levels, N words, C channels, P = h * w positions.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize


class HierarchicalDenseAttention(nn.Module):
    """Dense attention `DA(F) = Conv1x1([F ; A W])`, `A = softmax(F W^T / sqrt(C))`, on the visual embedding and on
    `num_intermediate` projected intermediate levels; the levels are merged with learned weights.

    With `num_intermediate=0` this is the plain dense attention ("DA") of the ablation.
    """

    def __init__(self, channels: int, vision_width: int, num_intermediate: int, unit_length: bool) -> None:
        super().__init__()
        self.channels, self.unit_length = channels, unit_length
        self.dense_attention_conv = nn.Conv2d(2 * channels, channels, kernel_size=1)
        self.level_projections = nn.ModuleList(
            nn.Conv2d(vision_width, channels, kernel_size=1) for _ in range(num_intermediate)
        )
        if num_intermediate:
            num_levels = num_intermediate + 1
            self.level_weights = nn.Parameter(torch.full((num_levels,), 1 / num_levels))

    def forward(
        self,
        visual_embedding: Tensor,
        intermediate_embeddings: Sequence[Tensor],
        words: Tensor,
        sentence: Tensor,
        attention_mask: Tensor,
    ) -> Tensor:
        """Dense embeddings of one frame per clip, for all expressions together.

        Args:
            visual_embedding: (B, C, h, w).
            intermediate_embeddings: `num_intermediate` times (B, h, w, D); ignored by plain dense attention.
            words: (B, E, N, C).
            sentence: (B, E, C).
            attention_mask: (B, E, N), 1 for real words.

        Returns:
            (B, E, C, h, w).

        DA is linear in F and in A, so the levels are merged before the 1x1 convolution, and the convolution is cut
        into the half that sees F, which all expressions share, and the half that sees A W, which acts on the N + 1
        words instead of the P positions.
        """
        height, width = visual_embedding.shape[-2:]
        levels = self._levels(visual_embedding, intermediate_embeddings)  # (B, L, P, C)
        weights = self.level_weights if len(self.level_projections) else levels.new_ones(1)
        weights = weights.to(levels.dtype)

        keys = torch.cat([words, sentence.unsqueeze(2)], dim=2)  # (B, E, N + 1, C)
        padding = torch.nn.functional.pad(attention_mask == 0, (0, 1), value=False)  # (B, E, N + 1)
        scores = levels.unsqueeze(1) @ keys.unsqueeze(2).transpose(-1, -2)  # (B, E, L, P, N + 1)
        scores = (scores / self.channels**0.5).masked_fill(padding[:, :, None, None, :], float("-inf"))
        attention = torch.einsum("l,belpn->bepn", weights, scores.softmax(dim=-1).to(levels.dtype))  # (B, E, P, N + 1)

        weight = self.dense_attention_conv.weight[:, :, 0, 0]  # (C, 2C)
        bias: Any = self.dense_attention_conv.bias  # (C)
        visual_weight, text_weight = weight.split(self.channels, dim=1)
        merged = torch.einsum("l,blpc->bpc", weights, levels)  # (B, P, C)
        visual_part = merged @ visual_weight.T + weights.sum() * bias  # (B, P, C)
        text_part = attention @ (keys @ text_weight.T)  # (B, E, P, C)
        dense = visual_part.unsqueeze(1) + text_part  # (B, E, P, C)
        return dense.transpose(-1, -2).unflatten(-1, (height, width))  # (B, E, C, h, w)

    def _levels(self, visual_embedding: Tensor, intermediate_embeddings: Sequence[Tensor]) -> Tensor:
        """The visual embedding and the projected levels, stacked: (B, L, P, C)."""
        levels = [visual_embedding]
        for projection, embedding in zip(self.level_projections, intermediate_embeddings, strict=False):
            level = projection(embedding.permute(0, 3, 1, 2))  # (B, h, w, D) -> (B, C, h, w)
            # the visual embedding comes at unit length: the shared attention must see one scale
            levels.append(normalize(level, dim=1) if self.unit_length else level)
        return torch.stack(levels, dim=1).flatten(3).transpose(-1, -2)
