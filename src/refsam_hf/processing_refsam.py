"""Video and text in, tensors out: the frames by the video processor, the expressions by the encoder's tokenizer."""

import re
import warnings
from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Any

from torch import Tensor
from transformers import AutoTokenizer, BatchFeature, ProcessorMixin

from .video_processing_refsam import RefSamVideoProcessor
from .video_session import RefSamVideoSession


class RefSamProcessor(ProcessorMixin):
    """A [`RefSamVideoProcessor`] and the tokenizer of the text encoder."""

    def __init__(self, video_processor: RefSamVideoProcessor, tokenizer: Any) -> None:
        super().__init__(video_processor, tokenizer)

    @classmethod
    def _get_arguments_from_pretrained(
        cls, pretrained_model_name_or_path: str, processor_dict: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Any]:
        # AutoVideoProcessor refuses to work without torchvision, which this processor does not need
        video_processor = RefSamVideoProcessor.from_pretrained(pretrained_model_name_or_path, **kwargs)
        return [video_processor, AutoTokenizer.from_pretrained(pretrained_model_name_or_path, **kwargs)]

    def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
        """As in transformers, whose classes of video processors ours is none of."""
        if argument_name == "video_processor" and isinstance(argument, RefSamVideoProcessor):
            return type(argument)
        return super().check_argument_for_proper_class(argument_name, argument)

    @classmethod
    def from_vision_text_pretrained(cls, vision: str | PathLike[str], text: str | PathLike[str]) -> "RefSamProcessor":
        """The processor of `RefSamModel.from_vision_text_pretrained(vision, text)`.

        Raises:
            ValueError: one of the two is a checkpoint of something else, or `text` has no tokenizer.
        """
        from .hub.backbones import read_sam_config, read_tokenizer

        vision_config: Any = read_sam_config(vision).vision_config
        return cls(RefSamVideoProcessor(image_size=vision_config.image_size), read_tokenizer(text))

    def __call__(self, video: Any = None, text: str | Sequence[str] | None = None, **kwargs: Any) -> BatchFeature:
        """One clip and its expressions as a batch of one.

        Args:
            video: one clip, see [`RefSamVideoProcessor.preprocess`], which also takes the `kwargs`.
            text: an expression or several.

        Returns:
            `pixel_values` (1, T, 3, S, S) and `original_sizes`, if a video was given; `input_ids` and `attention_mask`
            (1, E, N), if a text was.

        Raises:
            ValueError: neither of them, a video that cannot be read, or a text that says nothing.
        """
        if video is None and text is None:
            raise ValueError("expected a video, a text, or both, got neither")
        data: dict[str, Any] = {}
        if video is not None:
            data.update(self.video_processor(video, **kwargs))
        if text is not None:
            input_ids, attention_mask = self.tokenize(text)
            data.update(input_ids=input_ids[None], attention_mask=attention_mask[None])
        return BatchFeature(data)

    def tokenize(self, text: str | Sequence[str]) -> tuple[Tensor, Tensor]:
        """Expressions -> token ids and their mask, (E, N) each, padded to the longest.

        Lower-cased, white space collapsed; what is longer than the encoder takes is cut off, with a warning. The
        tokenizer's own special tokens count as tokens (see `encode_text`).

        Raises:
            ValueError: no expression, an empty one, or one that is no string.
        """
        texts = [normalize_expression(expression) for expression in _expressions(text)]
        limit = self.tokenizer.model_max_length
        for expression in texts:
            length = len(self.tokenizer(expression, verbose=False)["input_ids"])
            if length > limit:
                warnings.warn(
                    f"the text encoder takes {limit} tokens, got {length}: cut off: {expression[:60]!r}...",
                    stacklevel=2,
                )
        # at the right: CLIP and BERT count positions from the first token, be it padding or not
        tokens = self.tokenizer(texts, padding=True, padding_side="right", truncation=True, return_tensors="pt")
        return tokens["input_ids"], tokens["attention_mask"]

    def init_video_session(self, text: str | Sequence[str]) -> RefSamVideoSession:
        """A session that segments E expressions through one video, for `model(inference_session=..., frame=...)` and
        `model.propagate_in_video_iterator(session, video)`.

        Raises:
            ValueError: as `tokenize`.
        """
        input_ids, attention_mask = self.tokenize(text)
        return RefSamVideoSession(_expressions(text), input_ids, attention_mask, video_processor=self.video_processor)

    def post_process_masks(
        self,
        masks: Sequence[Tensor],
        original_sizes: Sequence[tuple[int, int]],
        mask_threshold: float = 0.0,
        binarize: bool = True,
    ) -> list[Tensor]:
        """See [`RefSamVideoProcessor.post_process_masks`]."""
        return self.video_processor.post_process_masks(masks, original_sizes, mask_threshold, binarize)

    @property
    def model_input_names(self) -> list[str]:
        """What a call gives of all that the model takes."""
        return ["pixel_values", "input_ids", "attention_mask"]


def normalize_expression(expression: str) -> str:
    """Lower-cased, white space collapsed, as the benchmarks' loaders do."""
    return re.sub(r"\s+", " ", expression).strip().lower()


def _expressions(text: str | Sequence[str]) -> list[str]:
    if not isinstance(text, Iterable):
        raise ValueError(f"text: expected an expression or a list of them, got {type(text).__name__}: {text!r}")
    texts = [text] if isinstance(text, str) else list(text)
    if not texts:
        raise ValueError("text: expected at least one expression, got none")
    for expression in texts:
        if not isinstance(expression, str):
            raise ValueError(f"text: expected strings, got {type(expression).__name__}: {expression!r}")
        if not expression.strip():
            raise ValueError(f"text: expected words that say what to segment, got {expression!r}")
    return texts
