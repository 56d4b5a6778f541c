"""Mask decoder (Figure 2, right): SAM's, which also hands out the main mask token and takes padded words.

Letters: X = B * E masks to predict, n prompt tokens, C channels, (h, w) grid.
"""

import torch
from torch import Tensor, nn
from transformers import SamMaskDecoderConfig
from transformers.models.sam.modeling_sam import SamMaskDecoder, SamTwoWayAttentionBlock, SamTwoWayTransformer


class RefSamTwoWayAttentionBlock(SamTwoWayAttentionBlock):
    """SAM's block, in which nobody attends to a padded prompt token.

    The width of its cross attentions is the config's too: transformers' own block has SAM's, half of C, whatever the
    config says.
    """

    def __init__(self, config: SamMaskDecoderConfig, skip_first_layer_pe: bool) -> None:
        super().__init__(config, config.attention_downsample_rate, skip_first_layer_pe)

    def forward(  # type: ignore[override]
        self,
        queries: Tensor,
        keys: Tensor,
        query_point_embedding: Tensor,
        key_point_embedding: Tensor,
        token_mask: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Tokens (X, 1, n, C) and image (X, 1, h * w, C), `token_mask` (X, 1, 1, n) added to the scores."""
        if self.skip_first_layer_pe:
            queries, _ = self.self_attn(query=queries, key=queries, value=queries, attention_similarity=token_mask)
        else:
            query = queries + query_point_embedding
            attended, _ = self.self_attn(query=query, key=query, value=queries, attention_similarity=token_mask)
            queries = queries + attended
        queries = self.layer_norm1(queries)

        query, key = queries + query_point_embedding, keys + key_point_embedding
        attended, _ = self.cross_attn_token_to_image(query=query, key=key, value=keys)
        queries = self.layer_norm2(queries + attended)
        queries = self.layer_norm3(queries + self.mlp(queries))

        query = queries + query_point_embedding
        attended, _ = self.cross_attn_image_to_token(
            query=key, key=query, value=queries, attention_similarity=token_mask
        )
        return queries, self.layer_norm4(keys + attended)


class RefSamTwoWayTransformer(SamTwoWayTransformer):
    """SAM's two-way transformer over blocks that take a mask for the prompt tokens."""

    def __init__(self, config: SamMaskDecoderConfig) -> None:
        super().__init__(config)
        self.layers = nn.ModuleList(
            RefSamTwoWayAttentionBlock(config, skip_first_layer_pe=index == 0)
            for index in range(config.num_hidden_layers)
        )

    def forward(  # type: ignore[override]
        self, tokens: Tensor, image: Tensor, image_positional_embeddings: Tensor, token_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """tokens (X, 1, n, C), image (X, 1, h * w, C), its positions (1 or X, 1, h * w, C) -> both, transformed."""
        queries, keys = tokens, image
        for layer in self.layers:
            queries, keys = layer(
                queries=queries,
                keys=keys,
                query_point_embedding=tokens,
                key_point_embedding=image_positional_embeddings,
                token_mask=token_mask,
            )
        attended, _ = self.final_attn_token_to_image(
            query=queries + tokens, key=keys + image_positional_embeddings, value=keys
        )
        return self.layer_norm_final_attn(queries + attended), keys


class RefSamMaskDecoder(SamMaskDecoder):
    """SAM's mask decoder for expressions.

    Its tokens: IoU token, main mask token, three scale mask tokens, the track token where there is one, the words.
    """

    def __init__(self, config: SamMaskDecoderConfig) -> None:
        super().__init__(config)
        self.transformer = RefSamTwoWayTransformer(config)

    def forward(  # type: ignore[override]
        self,
        image_embeddings: Tensor,
        image_positional_embeddings: Tensor,
        sparse_embeddings: Tensor | None,
        sparse_mask: Tensor | None,
        track_token: Tensor | None,
        dense_embeddings: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One mask per expression of one frame per clip.

        Args:
            image_embeddings: (B, C, h, w), the visual embedding.
            image_positional_embeddings: (1, C, h, w), or (B, C, h, w) where each clip has its own cells.
            sparse_embeddings: the words (B, E, N, C), or `None`.
            sparse_mask: (B, E, N), 0 for padding; `None` if no word is padding.
            track_token: (B, E, C), or `None` on a clip's first frame.
            dense_embeddings: (B, E, C, h, w), or broadcastable to it.

        Returns:
            mask logits (B, E, 4h, 4w), IoU scores (B, E) and main mask tokens (B, E, C).
        """
        batch, expressions = dense_embeddings.shape[:2]
        channels, height, width = image_embeddings.shape[-3:]
        count = batch * expressions

        output_tokens = torch.cat([self.iou_token.weight, self.mask_tokens.weight])  # (1 + 4, C)
        parts = [output_tokens.expand(batch, expressions, -1, -1)]
        if track_token is not None:
            parts.append(track_token.unsqueeze(2))
        real = dense_embeddings.new_ones(batch, expressions, sum(part.shape[2] for part in parts), dtype=torch.bool)
        if sparse_embeddings is not None:
            parts.append(sparse_embeddings)
            if sparse_mask is None:
                sparse_mask = real.new_ones(sparse_embeddings.shape[:3])
            real = torch.cat([real, sparse_mask != 0], dim=2)
        tokens = torch.cat(parts, dim=2).flatten(0, 1).unsqueeze(1)  # (X, 1, n, C)
        token_mask = torch.zeros_like(real, dtype=tokens.dtype).masked_fill(~real, torch.finfo(tokens.dtype).min)
        token_mask = token_mask.flatten(0, 1)[:, None, None, :]  # (X, 1, 1, n)

        image = (image_embeddings.unsqueeze(1) + dense_embeddings).flatten(0, 1)  # (X, C, h, w)
        positions = image_positional_embeddings.flatten(2).transpose(1, 2).unsqueeze(1)  # (1 or B, 1, h * w, C)
        if len(positions) > 1:
            positions = positions.repeat_interleave(expressions, dim=0)  # (X, 1, h * w, C)
        tokens_out, image_out = self.transformer(
            tokens=tokens,
            image=image.flatten(2).transpose(1, 2).unsqueeze(1),  # (X, 1, h * w, C)
            image_positional_embeddings=positions,
            token_mask=token_mask,
        )
        iou_token, main_mask_token = tokens_out[:, 0, 0], tokens_out[:, 0, 1]  # (X, C) each

        upscaled = image_out.squeeze(1).transpose(1, 2).reshape(count, channels, height, width)
        upscaled = self.activation(self.upscale_layer_norm(self.upscale_conv1(upscaled)))  # (X, C/4, 2h, 2w)
        upscaled = self.activation(self.upscale_conv2(upscaled))  # (X, C/8, 4h, 4w)
        # SAM's three scale mask tokens take part in the attention; the mask is the main token's
        kernel = self.output_hypernetworks_mlps[0](main_mask_token)  # (X, C/8)
        masks = torch.einsum("xc,xchw->xhw", kernel, upscaled)
        scores = self.iou_prediction_head(iou_token)[:, 0]  # (X,)
        shape = (batch, expressions)
        return masks.unflatten(0, shape), scores.unflatten(0, shape), main_mask_token.unflatten(0, shape)
