"""What RefSAM's parts and its model return.

`ModelOutput` wants None for the default of a field, also of one that always holds something.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers.utils import ModelOutput


@dataclass
class RefSamFrameEmbeddings(ModelOutput):
    """What is computed once per frame, whatever is asked for (F frames).

    Fields:
        visual_embedding: (F, C, h, w), at unit length over C if the config says so.
        intermediate_embeddings: one (F, h, w, D) per intermediate level.
        hidden_states, attentions: of the vision tower, if asked for.
        cell_centres: (F, h, w, 2), x and y of the cells in sides of the square, where they are not those of the
            tower's whole grid.
    """

    visual_embedding: Tensor = None  # type: ignore[assignment]
    intermediate_embeddings: tuple[Tensor, ...] = None  # type: ignore[assignment]
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    cell_centres: Tensor | None = None

    def frames(self, start: int, stop: int, step: int = 1) -> "RefSamFrameEmbeddings":
        """The embeddings of the frames `start:stop:step`."""
        return RefSamFrameEmbeddings(
            visual_embedding=self.visual_embedding[start:stop:step],
            intermediate_embeddings=tuple(level[start:stop:step] for level in self.intermediate_embeddings),
            cell_centres=None if self.cell_centres is None else self.cell_centres[start:stop:step],
        )

    def to(self, dtype: torch.dtype) -> "RefSamFrameEmbeddings":
        """The same embeddings in another type; places keep theirs."""
        return RefSamFrameEmbeddings(
            visual_embedding=self.visual_embedding.to(dtype),
            intermediate_embeddings=tuple(level.to(dtype) for level in self.intermediate_embeddings),
            cell_centres=self.cell_centres,
        )


@dataclass
class RefSamTextEmbeddings(ModelOutput):
    """What is computed once per expression (X expressions; inside the model also (B, E) in the place of X).

    Fields:
        words: (X, N, C), the sparse embeddings.
        sentence: (X, C).
        attention_mask: (X, N), 1 for real words.
    """

    words: Tensor = None  # type: ignore[assignment]
    sentence: Tensor = None  # type: ignore[assignment]
    attention_mask: Tensor = None  # type: ignore[assignment]

    def unflatten(self, shape: tuple[int, int]) -> "RefSamTextEmbeddings":
        """With (B, E) in the place of X."""
        return RefSamTextEmbeddings(**{name: tensor.unflatten(0, shape) for name, tensor in self.items()})

    def where_seen(self, seen: Tensor) -> "RefSamTextEmbeddings":
        """The text of one frame: nothing where `seen` (B, E) is false."""
        seen = seen.to(self.words.device)[..., None]  # (B, E, 1)
        return RefSamTextEmbeddings(
            words=self.words,
            sentence=self.sentence * seen.to(self.sentence.dtype),
            attention_mask=self.attention_mask * seen.to(self.attention_mask.dtype),
        )


@dataclass
class RefSamOutput(ModelOutput):
    """Output of [`RefSamModel`] on B whole clips of T frames with E expressions each.

    Fields:
        loss: scalar, if labels were given.
        pred_masks: (B, E, T, 4h, 4w), mask logits; above 0 is the object.
        iou_scores: (B, E, T), SAM's estimate of each mask's IoU.
        track_tokens: (B, E, C), the token that the frame after the last would be given; `None` without tracking.
        vision_hidden_states: (B * T, h, w, D) before the tower's first block and after each, if asked for.
        vision_attentions: attention weights of each block, if asked for.
    """

    loss: Tensor | None = None
    pred_masks: Tensor = None  # type: ignore[assignment]
    iou_scores: Tensor = None  # type: ignore[assignment]
    track_tokens: Tensor | None = None
    vision_hidden_states: tuple[Tensor, ...] | None = None
    vision_attentions: tuple[Tensor, ...] | None = None


@dataclass
class RefSamFrameOutput(ModelOutput):
    """One step of a [`RefSamVideoSession`].

    Fields:
        frame_index: 0 for the session's first frame.
        pred_masks: (E, 4h, 4w), mask logits of the padded square; `post_process_masks` brings them to the frame.
        iou_scores: (E,).
        original_size: (height, width) of the frame.
    """

    frame_index: int = None  # type: ignore[assignment]
    pred_masks: Tensor = None  # type: ignore[assignment]
    iou_scores: Tensor = None  # type: ignore[assignment]
    original_size: tuple[int, int] = None  # type: ignore[assignment]
