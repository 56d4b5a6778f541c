"""All that is remembered between the frames of a video."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .outputs import RefSamTextEmbeddings

if TYPE_CHECKING:
    from .video_processing_refsam import RefSamVideoProcessor


class RefSamVideoSession:
    """One video's expressions and their memory; made by `processor.init_video_session(text=[...])`.

    Its size does not grow with the video: the text embeddings, computed on the first frame, and one track token per
    expression are all that it holds. A session belongs to one video and one model; `reset()` starts the same
    expressions anew.

    Attributes:
        text: the E expressions, as they were given.
        frame_index: index of the next frame.
        track_tokens: (1, E, C), `None` before the first frame and without implicit tracking.
        text_embeddings: words, sentence and mask with (1, E) in front, `None` before the first frame.
    """

    def __init__(
        self,
        text: Sequence[str],
        input_ids: Tensor,
        attention_mask: Tensor,
        video_processor: "RefSamVideoProcessor",
    ) -> None:
        self.text = list(text)
        self.input_ids, self.attention_mask = input_ids, attention_mask  # (E, N) each
        self.video_processor = video_processor
        self.text_embeddings: RefSamTextEmbeddings | None = None
        self.track_tokens: Tensor | None = None
        self.frame_index = 0

    @property
    def num_expressions(self) -> int:
        """E."""
        return len(self.text)

    def reset(self) -> None:
        """Forgets the video and the model's view of the expressions; keeps the expressions."""
        self.text_embeddings = None
        self.track_tokens = None
        self.frame_index = 0

    def prepare_frames(
        self, frames: Sequence[Any], device: torch.device | str
    ) -> tuple[Tensor, list[tuple[int, int]]]:
        """The session's next frames, of any size -> pixel values (F, 3, S, S) on `device`, and their own sizes.

        Raises:
            ValueError: a frame that is no image; it is named by its index.
        """
        inputs = self.video_processor(frames, first_index=self.frame_index)
        return inputs["pixel_values"][0].to(device), inputs["original_sizes"]
