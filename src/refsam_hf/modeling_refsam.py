"""RefSAM (arXiv 2307.00997): the parts of its figure, wired in the order of the figure.

Letters: B clips, T frames, F = B * T, E expressions of a clip, N text tokens, C prompt channels, D width of the tower,
(h, w) its grid, S side of the padded square that it sees.
"""

from collections.abc import Iterator
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from transformers.models.sam.modeling_sam import SamPositionalEmbedding

from .adapters import AdapterLayer
from .cells import cell_centres
from .clip_inputs import check_clips
from .configuration_refsam import RefSamConfig
from .modules import (
    CrossModalMlp,
    HierarchicalDenseAttention,
    ImplicitTracking,
    RefSamMaskDecoder,
    RefSamVisionTower,
    build_text_encoder,
    encode_text,
)
from .online import propagate, segment_next_frame
from .outputs import RefSamFrameEmbeddings, RefSamFrameOutput, RefSamOutput, RefSamTextEmbeddings
from .pretrained_refsam import RefSamPreTrainedModel
from .training.losses import clip_loss
from .video_session import RefSamVideoSession


class RefSamModel(RefSamPreTrainedModel):
    """Referring video object segmentation: frames and expressions in, one mask per expression and frame out, online.

    The SAM vision tower and the text encoder start frozen; the adapters and all of RefSAM's own parts are learned, and
    so is the mask decoder (Section 3.1). `requires_grad_` changes that.
    """

    def __init__(self, config: RefSamConfig) -> None:
        super().__init__(config)
        # the mask decoder is no PreTrainedModel and reads the choice from its own config
        config.mask_decoder_config._attn_implementation = config._attn_implementation
        channels = config.mask_decoder_config.hidden_size
        self.vision_tower = RefSamVisionTower(config)
        self.text_encoder = build_text_encoder(config.text_config)
        self.cross_modal_mlp = CrossModalMlp(config.text_config.hidden_size, channels, config.mlp_hidden_layers)
        self.hierarchical_dense_attention = (
            HierarchicalDenseAttention(
                channels,
                config.vision_config.hidden_size,
                num_intermediate=len(config.intermediate_layers) if config.dense_embeddings == "hda" else 0,
                unit_length=config.unit_length,
            )
            if config.dense_embeddings in ("hda", "da")
            else None
        )
        self.shared_image_embedding = SamPositionalEmbedding(config.vision_config)
        self.no_mask_embed = nn.Embedding(1, channels)
        self.mask_decoder = RefSamMaskDecoder(config.mask_decoder_config)
        self.implicit_tracking = (
            ImplicitTracking(channels, config.tracking_attention_heads) if config.implicit_tracking else None
        )
        self.post_init()
        # transformers applies the loading rules of a part to the names of all: T5's to keep "wo" in float32 would hit
        # the mask decoder's "hypernetworks", and its to overlook "decoder" would hide what is wrong with that decoder
        kept = self.text_encoder._keep_in_fp32_modules or ()
        self._keep_in_fp32_modules = {f"text_encoder.*{name}" for name in kept}
        self._keys_to_ignore_on_load_unexpected = self._keys_to_ignore_on_load_missing = set()
        self.freeze_backbones()

    def freeze_backbones(self) -> None:
        """Freezes what RefSAM takes over unchanged: tower (not its adapters), text encoder, position embeddings."""
        for part in (self.vision_tower, self.text_encoder, self.shared_image_embedding, self.no_mask_embed):
            part.requires_grad_(False)
        self.text_encoder.eval()
        for module in self.vision_tower.modules():
            if isinstance(module, AdapterLayer):
                module.set_adapter(module.active_adapters)

    def train(self, mode: bool = True) -> Self:
        """As every `train`, but a frozen text encoder stays without dropout."""
        super().train(mode)
        if not any(parameter.requires_grad for parameter in self.text_encoder.parameters()):
            self.text_encoder.eval()
        return self

    def get_frame_embeddings(
        self, pixel_values: Tensor, output_hidden_states: bool = False, output_attentions: bool = False
    ) -> RefSamFrameEmbeddings:
        """Frames (F, 3, S, S) through the visual encoder with adapters (Figure 2, left): what no text changes.

        Args:
            pixel_values: as the processor gives them, in any dtype.
            output_hidden_states, output_attentions: hand out those of the vision tower.

        Raises:
            ValueError: frames of another size than `vision_config.image_size`, or attentions asked of a model that was
                not loaded with `attn_implementation="eager"`.
        """
        output = self.vision_tower(
            pixel_values.to(self.dtype),
            output_hidden_states=output_hidden_states,
            output_attentions=output_attentions,
        )
        visual = output.visual_embedding  # (F, C, h, w)
        return RefSamFrameEmbeddings(
            visual_embedding=normalize(visual, dim=1) if self.config.unit_length else visual,
            intermediate_embeddings=output.intermediate_embeddings,
            hidden_states=output.hidden_states,
            attentions=output.attentions,
        )

    def get_text_embeddings(self, input_ids: Tensor, attention_mask: Tensor) -> RefSamTextEmbeddings:
        """Expressions through the text encoder and the Cross-Modal MLP (Section 3.2): what no frame changes.

        Args:
            input_ids: (X, N).
            attention_mask: (X, N), 1 for real tokens.

        Raises:
            ValueError: more tokens than the text encoder has positions for.
        """
        hidden_words, hidden_sentence = encode_text(self.text_encoder, input_ids, attention_mask)
        # (X, N, d) -> (X, N, C) and (X, d) -> (X, C)
        words, sentence = self.cross_modal_mlp(hidden_words), self.cross_modal_mlp(hidden_sentence)
        if self.config.unit_length:
            words, sentence = normalize(words, dim=-1), normalize(sentence, dim=-1)
        return RefSamTextEmbeddings(words=words, sentence=sentence, attention_mask=attention_mask)

    def get_image_positional_embeddings(self, height: int, width: int) -> Tensor:
        """SAM's position embedding of every cell's centre, (1, C, h, w)."""
        centres = cell_centres(height, width, self.shared_image_embedding.positional_embedding.device)
        return self.shared_image_embedding(centres).permute(2, 0, 1).unsqueeze(0)

    def get_cell_positional_embeddings(self, frames: RefSamFrameEmbeddings) -> Tensor:
        """SAM's position embedding of the cells of F frames: (1, C, h, w) of the whole grid, else (F, C, h, w)."""
        if frames.cell_centres is None:
            return self.get_image_positional_embeddings(*frames.visual_embedding.shape[-2:])
        return self.shared_image_embedding(frames.cell_centres).permute(0, 3, 1, 2)

    def forward(
        self,
        pixel_values: Tensor | None = None,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        words_seen: Tensor | None = None,
        inference_session: RefSamVideoSession | None = None,
        frame: Any = None,
        output_hidden_states: bool = False,
        output_attentions: bool = False,
        original_sizes: Any = None,
        frame_embeddings: RefSamFrameEmbeddings | None = None,
    ) -> RefSamOutput | RefSamFrameOutput:
        """Whole clips, differentiable; or one frame of a session, for inference.

        Args:
            pixel_values: (B, T, 3, S, S).
            input_ids, attention_mask: (B, E, N). An expression whose mask is all zero is padding.
            labels: (B, E, T, S, S), 1 on the object, 255 where nobody knows; with them there is a loss: dice + focal
                (see `training.losses`), and `iou_loss_weight` times the error of the scores.
            words_seen: (B, E, T) bool, the frames in which the expression is read; in the others the track token alone
                says what is meant, which is how it learns to. `None`: all of them.
            inference_session, frame: instead of all of these, a session and its next frame (see
                [`RefSamVideoSession`]).
            output_hidden_states, output_attentions: hand out those of the vision tower; attentions need a model loaded
                with `attn_implementation="eager"`.
            original_sizes: not used; taken so that `model(**processor(video=..., text=...))` works.
            frame_embeddings: in place of `pixel_values`, what `get_frame_embeddings` has made of all B * T frames, or
                of some of their cells (`cell_centres`), in any dtype; `labels` then show these cells alone.

        Returns:
            [`RefSamOutput`], or [`RefSamFrameOutput`] for a session.

        Raises:
            ValueError: inputs that do not belong together.
        """
        if inference_session is not None:
            return segment_next_frame(self, inference_session, frame)
        if (pixel_values is None and frame_embeddings is None) or input_ids is None:
            raise ValueError("expected pixel_values and input_ids, or inference_session and frame")
        attention_mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        num_frames = check_clips(self.config, pixel_values, frame_embeddings, input_ids, attention_mask, words_seen)
        batch, num_expressions = input_ids.shape[:2]
        # 1. visual encoder, once per frame
        if pixel_values is not None:
            frames = self.get_frame_embeddings(pixel_values.flatten(0, 1), output_hidden_states, output_attentions)
        elif frame_embeddings is not None:
            frames = frame_embeddings.to(self.dtype)
        # 2. text encoder and Cross-Modal MLP, once per expression
        text = self.get_text_embeddings(input_ids.flatten(0, 1), attention_mask.flatten(0, 1))
        text = text.unflatten((batch, num_expressions))

        masks, scores, track_token = [], [], None
        for t in range(num_frames):
            frame_masks, frame_scores, track_token = self._segment_frame(
                frames.frames(t, batch * num_frames, num_frames),
                text if words_seen is None else text.where_seen(words_seen[:, :, t]),
                track_token,
            )
            masks.append(frame_masks)
            scores.append(frame_scores)
        pred_masks = torch.stack(masks, dim=2)  # (B, E, T, 4h, 4w)
        iou_scores = torch.stack(scores, dim=2)  # (B, E, T)

        weight = self.config.iou_loss_weight
        return RefSamOutput(
            loss=None if labels is None else clip_loss(pred_masks, iou_scores, labels, attention_mask, weight),
            pred_masks=pred_masks,
            iou_scores=iou_scores,
            track_tokens=track_token,
            vision_hidden_states=frames.hidden_states,
            vision_attentions=frames.attentions,
        )

    def _segment_frame(
        self, frames: RefSamFrameEmbeddings, text: RefSamTextEmbeddings, track_token: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """One frame of each of B clips, all expressions together.

        Args:
            frames: embeddings of the B frames.
            text: words (B, E, N, C), sentence (B, E, C), mask (B, E, N).
            track_token: (B, E, C) of the frame before, `None` on the first.

        Returns:
            mask logits (B, E, 4h, 4w), IoU scores (B, E), track token (B, E, C) for the next frame.
        """
        visual = frames.visual_embedding  # (B, C, h, w)
        # 3. hierarchical dense attention
        dense_embeddings = self._dense_embeddings(frames, text)  # (B, E, C, h, w)
        # 4. mask decoder, which is given the track token
        use_words = self.config.sparse_embeddings
        masks, scores, mask_token = self.mask_decoder(
            image_embeddings=visual,
            image_positional_embeddings=self.get_cell_positional_embeddings(frames),
            sparse_embeddings=text.words if use_words else None,
            sparse_mask=text.attention_mask if use_words else None,
            track_token=track_token,
            dense_embeddings=dense_embeddings,
        )
        # 5. implicit tracking
        if self.implicit_tracking is not None:
            track_token = self.implicit_tracking(mask_token, track_token)
        return masks, scores, track_token

    def _dense_embeddings(self, frames: RefSamFrameEmbeddings, text: RefSamTextEmbeddings) -> Tensor:
        if self.hierarchical_dense_attention is not None:
            dense: Tensor = self.hierarchical_dense_attention(
                visual_embedding=frames.visual_embedding,
                intermediate_embeddings=frames.intermediate_embeddings,
                words=text.words,
                sentence=text.sentence,
                attention_mask=text.attention_mask,
            )
            return dense
        visual, sentence = frames.visual_embedding, text.sentence
        if self.config.dense_embeddings == "sentence":
            return visual.unsqueeze(1) + sentence[..., None, None]  # (B, E, C, h, w)
        no_mask = self.no_mask_embed.weight[0][:, None, None]  # (C, 1, 1)
        return no_mask.expand(*sentence.shape[:2], *visual.shape[1:])

    def propagate_in_video_iterator(
        self, inference_session: RefSamVideoSession, video: Any, chunk_size: int = 1
    ) -> Iterator[RefSamFrameOutput]:
        """Segments a video frame by frame, each result handed out before the next chunk is read.

        Args:
            inference_session: from `processor.init_video_session(text=...)`.
            video: a path, or anything else that `refsam_hf.video.open_video` takes: an iterator of frames, a list, an
                array (T, H, W, 3), a folder of images.
            chunk_size: frames read ahead and put through the vision tower together. The masks are the same; on a GPU
                more is faster, and memory grows with it.

        Yields:
            one [`RefSamFrameOutput`] per frame.

        Raises:
            ValueError: `chunk_size` below 1, or a video or a frame that cannot be read; at the frame where it happens.
            OSError: the video is not there.
        """
        return propagate(self, inference_session, video, chunk_size)
