"""RefSAM (arXiv 2307.00997): the parts of its figure, wired in the order of the figure.

Letters: B clips, T frames, F = B * T, E expressions of a clip, N text tokens, C prompt channels, D width of the tower,
(h, w) its grid, S side of the padded square that it sees.
"""

from collections.abc import Iterator
from os import PathLike
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from transformers.models.sam.modeling_sam import SamPositionalEmbedding

from .adapters import AdapterLayer, SwitchesAdapters
from .adapters.built_in import DEFAULT, has_built_in
from .configuration_refsam import RefSamConfig
from .hub.damage import whole_files
from .modules import (
    CrossModalMlp,
    HierarchicalDenseAttention,
    ImplicitTracking,
    RefSamMaskDecoder,
    RefSamVisionTower,
    build_text_encoder,
    encode_text,
)
from .outputs import RefSamFrameEmbeddings, RefSamFrameOutput, RefSamOutput, RefSamTextEmbeddings
from .training.losses import iou_score_loss, segmentation_loss
from .video_session import RefSamVideoSession


class RefSamPreTrainedModel(SwitchesAdapters):
    """Loading, saving and initialisation of RefSAM."""

    config: RefSamConfig
    config_class = RefSamConfig
    base_model_prefix = "refsam"
    main_input_name = "pixel_values"
    input_modalities = ["video", "text"]
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _no_split_modules = ["SamVisionLayer", "T5Block"]

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, SamPositionalEmbedding):
            # as the official one; transformers' own, std = half the width, gives neighbours unrelated positions
            nn.init.normal_(module.positional_embedding, std=1.0)
        elif isinstance(module, HierarchicalDenseAttention) and len(module.level_projections):
            nn.init.constant_(module.level_weights, 1 / len(module.level_weights))

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls, pretrained_model_name_or_path: str | PathLike[str], *args: Any, **kwargs: Any
    ) -> Any:
        """As every `from_pretrained`, but the weights are exactly those of the config.

        Both forms of checkpoint are read: the self-contained one, and the adapter-only one together with the
        checkpoints that it names. An adaptation comes with its adapter active, and all frozen.

        Raises:
            ValueError: weights are missing, of another shape, or unknown; they are named. Or a file is damaged, or the
                base of an adapter-only checkpoint is not the one that it was made for.
        """
        from .hub.adapter_only_reading import find_adapter_only, load_adapter_only

        found = None if args else find_adapter_only(pretrained_model_name_or_path, kwargs)
        if found is not None:
            return load_adapter_only(cls, pretrained_model_name_or_path, *found)
        return cls._from_whole(pretrained_model_name_or_path, *args, **kwargs)

    @classmethod
    def _from_whole(
        cls, source: str | PathLike[str], *args: Any, state_dict: dict[str, Tensor] | None = None, **kwargs: Any
    ) -> Any:
        """`from_pretrained` of a self-contained checkpoint, or of one whose weights were put together."""
        wants_info = kwargs.pop("output_loading_info", False)
        kwargs["ignore_mismatched_sizes"] = True  # transformers raises an error that does not name them
        kwargs.setdefault("use_safetensors", True)  # a folder of pickles is none of ours
        if state_dict is not None:
            kwargs["state_dict"] = state_dict
        with whole_files(source):
            loaded: Any = super().from_pretrained(
                source if state_dict is None else None, *args, output_loading_info=True, **kwargs
            )
        model, info = loaded
        mismatched = [f"{key} {tuple(got)} for {tuple(expected)}" for key, got, expected in info["mismatched_keys"]]
        problems = {
            "missing": info["missing_keys"],
            "of another shape": mismatched,
            "unknown": info["unexpected_keys"],
        }
        for problem, keys in problems.items():
            if keys:
                raise ValueError(
                    f"{source}: expected exactly the weights of its RefSamConfig, "
                    f"got these {problem}: {', '.join(sorted(keys))}"
                )
        if not model._hf_peft_config_loaded:  # of an adapter's folder, all but the adapter is frozen
            model.freeze_backbones()  # loading makes every weight trainable
        _align(model)
        if state_dict is not None:
            model.name_or_path = model.config.name_or_path = str(source)
        return (model, info) if wants_info else model


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

    @classmethod
    def from_vision_text_pretrained(
        cls, vision: str | PathLike[str], text: str | PathLike[str], **config_kwargs: Any
    ) -> "RefSamModel":
        """A new RefSAM on frozen backbones.

        Args:
            vision: a SAM checkpoint (`SamModel`); its vision encoder, mask decoder, position embedding and
                `no_mask_embed` are taken.
            text: a checkpoint with an encoder of `AutoModelForTextEncoding`, such as T5.
            config_kwargs: fields of [`RefSamConfig`] other than the sub-configs.

        Raises:
            ValueError: a checkpoint lacks a weight that is needed; the keys are named.
        """
        from .hub.backbones import build_on_backbones

        return build_on_backbones(cls, vision, text, **config_kwargs)

    def save_adapter(
        self,
        save_directory: str | PathLike[str],
        adapter_name: str = DEFAULT,
        base: str | PathLike[str] | None = None,
    ) -> None:
        """Saves what was trained, and the names of the checkpoints that it belongs to.

        The folder holds `config.json` and, under `adapter/`, the adapter in PEFT's format. Other files in it, such as
        the processor's, stay. `from_pretrained` reads it as it does a self-contained one.

        Args:
            adapter_name: of an adaptation: it belongs to the RefSAM checkpoint that the model was loaded from.
            base: that checkpoint, if it is to be named otherwise: a folder, or a Hub name.

        Raises:
            ValueError: no such adapter; a model that was not built over named checkpoints, or whose weights beside the
                adapter are no longer theirs.
            OSError: the folder holds a self-contained checkpoint, or cannot be written to.
        """
        from .hub.adapter_only import save_adaptation
        from .hub.over_backbones import save_over_backbones

        self._check_known([adapter_name])
        if adapter_name == DEFAULT and has_built_in(self):
            save_over_backbones(self, save_directory)
        else:
            save_adaptation(self, save_directory, adapter_name, base)

    def get_frame_embeddings(
        self, pixel_values: Tensor, output_hidden_states: bool = False, output_attentions: bool = False
    ) -> RefSamFrameEmbeddings:
        """Frames (F, 3, S, S) through the visual encoder with adapters.

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
        """Token ids (X, N) through the text encoder and the Cross-Modal MLP."""
        hidden_words, hidden_sentence = encode_text(self.text_encoder, input_ids, attention_mask)
        # (X, N, d) -> (X, N, C) and (X, d) -> (X, C)
        words, sentence = self.cross_modal_mlp(hidden_words), self.cross_modal_mlp(hidden_sentence)
        if self.config.unit_length:
            words, sentence = normalize(words, dim=-1), normalize(sentence, dim=-1)
        return RefSamTextEmbeddings(words=words, sentence=sentence, attention_mask=attention_mask)

    def get_image_positional_embeddings(self, height: int, width: int) -> Tensor:
        """SAM's position embedding of every cell's centre, (1, C, h, w)."""
        frequencies = self.shared_image_embedding.positional_embedding
        rows = (torch.arange(height, device=frequencies.device, dtype=torch.float32) + 0.5) / height
        columns = (torch.arange(width, device=frequencies.device, dtype=torch.float32) + 0.5) / width
        centres = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1)  # (h, w, 2) as (x, y)
        return self.shared_image_embedding(centres).permute(2, 0, 1).unsqueeze(0)

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
    ) -> RefSamOutput | RefSamFrameOutput:
        """Whole clips, differentiable; or one frame of a session, for inference.

        Args:
            pixel_values: (B, T, 3, S, S).
            input_ids, attention_mask: (B, E, N). An expression whose mask is all zero is padding.
            labels: (B, E, T, S, S), 1 on the object, 255 where nobody knows.
            words_seen: (B, E, T) bool, the frames in which the expression is read; in the others the track token alone
                says what is meant, which is how it learns to. `None`: all of them.
            inference_session, frame: instead of all of these, a session and its next frame (see
                [`RefSamVideoSession`]).
            output_hidden_states, output_attentions: hand out those of the vision tower; attentions need a model loaded
                with `attn_implementation="eager"`.
            original_sizes: not used; taken so that `model(**processor(video=..., text=...))` works.

        Returns:
            [`RefSamOutput`], or [`RefSamFrameOutput`] for a session.

        Raises:
            ValueError: inputs that do not belong together.
        """
        if inference_session is not None:
            return self._forward_session(inference_session, frame)
        if pixel_values is None or input_ids is None:
            raise ValueError("expected pixel_values and input_ids, or inference_session and frame")
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        self._check_clips(pixel_values, input_ids, attention_mask, words_seen)
        batch, num_frames = pixel_values.shape[:2]
        num_expressions = input_ids.shape[1]

        # once per frame, once per expression
        frames = self.get_frame_embeddings(pixel_values.flatten(0, 1), output_hidden_states, output_attentions)
        text = self.get_text_embeddings(input_ids.flatten(0, 1), attention_mask.flatten(0, 1))
        text = _unflatten(text, (batch, num_expressions))

        masks, scores, track_token = [], [], None
        for t in range(num_frames):
            frame_masks, frame_scores, track_token = self._segment_frame(
                frames.frames(t, batch * num_frames, num_frames),
                text if words_seen is None else where_seen(text, words_seen[:, :, t]),
                track_token,
            )
            masks.append(frame_masks)
            scores.append(frame_scores)
        pred_masks = torch.stack(masks, dim=2)  # (B, E, T, 4h, 4w)
        iou_scores = torch.stack(scores, dim=2)  # (B, E, T)

        return RefSamOutput(
            loss=None if labels is None else self._loss(pred_masks, iou_scores, labels, attention_mask),
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
            image_positional_embeddings=self.get_image_positional_embeddings(*visual.shape[-2:]),
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

    def _loss(self, pred_masks: Tensor, iou_scores: Tensor, labels: Tensor, attention_mask: Tensor) -> Tensor:
        expression_mask = attention_mask.any(dim=-1)  # (B, E)
        loss = segmentation_loss(pred_masks, labels, expression_mask)
        if self.config.iou_loss_weight:
            iou_loss = iou_score_loss(pred_masks, iou_scores, labels, expression_mask)
            loss = loss + self.config.iou_loss_weight * iou_loss
        return loss

    def _check_clips(
        self, pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor, words_seen: Tensor | None
    ) -> None:
        if pixel_values.ndim != 5:
            raise ValueError(f"pixel_values: expected (B, T, 3, H, W), got shape {tuple(pixel_values.shape)}")
        if input_ids.ndim != 3 or input_ids.shape[0] != pixel_values.shape[0]:
            raise ValueError(
                f"input_ids: expected (B, E, N) with B = {pixel_values.shape[0]}, got shape {tuple(input_ids.shape)}"
            )
        if attention_mask.shape != input_ids.shape:
            raise ValueError(
                f"attention_mask: expected the shape of input_ids, {tuple(input_ids.shape)}, "
                f"got {tuple(attention_mask.shape)}"
            )
        shape = (*input_ids.shape[:2], pixel_values.shape[1])
        if words_seen is not None and tuple(words_seen.shape) != shape:
            raise ValueError(f"words_seen: expected (B, E, T) = {shape}, got shape {tuple(words_seen.shape)}")
        if not (pixel_values.shape[1] and input_ids.shape[1]):
            raise ValueError(
                "expected at least one frame and one expression, "
                f"got pixel_values {tuple(pixel_values.shape)} and input_ids {tuple(input_ids.shape)}"
            )

    @torch.inference_mode()
    def _forward_session(self, session: RefSamVideoSession, frame: Any) -> RefSamFrameOutput:
        if frame is None:
            raise ValueError("a session needs its next frame: model(inference_session=session, frame=frame)")
        pixel_values, sizes = session.prepare_frames([frame], self.device)
        return self._step(session, self.get_frame_embeddings(pixel_values), sizes[0])

    def _step(
        self, session: RefSamVideoSession, frame: RefSamFrameEmbeddings, original_size: tuple[int, int]
    ) -> RefSamFrameOutput:
        """The session's next frame; what the session remembers moves on by one."""
        if session.text_embeddings is None:
            text = self.get_text_embeddings(session.input_ids.to(self.device), session.attention_mask.to(self.device))
            session.text_embeddings = _unflatten(text, (1, session.num_expressions))
        masks, scores, session.track_tokens = self._segment_frame(frame, session.text_embeddings, session.track_tokens)
        output = RefSamFrameOutput(
            frame_index=session.frame_index,
            pred_masks=masks[0],
            iou_scores=scores[0],
            original_size=original_size,
        )
        session.frame_index += 1
        return output

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
        """
        if chunk_size < 1:
            raise ValueError(f"chunk_size must be at least 1, got {chunk_size}")
        for frames in _chunks(_frames_of(video), chunk_size):
            # not around the yield: inference mode must not leak into the caller's code between two frames
            with torch.inference_mode():
                pixel_values, sizes = inference_session.prepare_frames(frames, self.device)
                embeddings = self.get_frame_embeddings(pixel_values)
            for index, size in enumerate(sizes):
                with torch.inference_mode():
                    output = self._step(inference_session, embeddings.frames(index, index + 1), size)
                yield output


def _align(model: nn.Module, size: int = 64) -> None:
    """Moves weights that lie askew in memory, as they do in a file that is mapped there.

    How a matrix lies decides in which order it is summed up: the same weights should give the same masks to the last
    bit, wherever they come from.
    """
    for weight in (*model.parameters(), *model.buffers()):
        if weight.device.type == "cpu" and weight.data_ptr() % size:
            weight.data = weight.data.clone()


def _unflatten(text: RefSamTextEmbeddings, shape: tuple[int, int]) -> RefSamTextEmbeddings:
    return RefSamTextEmbeddings(**{name: tensor.unflatten(0, shape) for name, tensor in text.items()})


def where_seen(text: RefSamTextEmbeddings, seen: Tensor) -> RefSamTextEmbeddings:
    """The text of one frame: nothing where `seen` (B, E) is false."""
    seen = seen.to(text.words.device)[..., None]  # (B, E, 1)
    return RefSamTextEmbeddings(
        words=text.words,
        sentence=text.sentence * seen.to(text.sentence.dtype),
        attention_mask=text.attention_mask * seen.to(text.attention_mask.dtype),
    )


def _frames_of(video: Any) -> Iterator[Any]:
    from .video import open_video

    return iter(open_video(video))


def _chunks(frames: Iterator[Any], size: int) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for frame in frames:
        chunk.append(frame)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
