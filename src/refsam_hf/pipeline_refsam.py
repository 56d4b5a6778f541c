"""`pipeline("referring-video-segmentation")`: a video and words in, masks out."""

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from transformers import Pipeline

from .segmentation import segment_video

if TYPE_CHECKING:
    from .modeling_refsam import RefSamModel
    from .processing_refsam import RefSamProcessor

MASK_FORMATS = ("rle", "array", "pil")


class ReferringVideoSegmentationPipeline(Pipeline):
    """Segments what expressions refer to, through a video.

    ```python
    segmenter = pipeline("referring-video-segmentation")
    segmenter("clip.mp4", text="the red circle")
    segmenter("clip.mp4", text=["the red circle", "the small star"], mask_format="array")
    segmenter(["a.mp4", "b.mp4"], text="the red circle")
    ```

    Args of a call:
        inputs: one clip: a path or URL, a still image, a folder of images, an array (T, H, W, 3), a list of frames
            (PIL images or 3-D arrays) or an iterator of frames; or a batch of clips: a list of paths or of 4-D arrays.
        text: an expression, or a list of them, which are segmented in one pass.
        mask_format: `"rle"` (COCO RLE, small whatever the clip's length), `"array"` (bool (H, W)) or `"pil"`.
        mask_threshold: logit above which a pixel belongs to the object.
        chunk_size: frames read ahead and put through the vision tower together.
        partial: take what there is of a damaged video, with a warning, instead of raising.

    Returns:
        per expression `{"text", "frame_indices": [...], "scores": [...], "masks": [one per frame]}`: a dict for one
        expression, a list in the order given for a list of them; for a batch of clips, a list of these.

    Raises:
        ValueError, OSError: a text or a clip that cannot be used; the message says which and why.
    """

    model: "RefSamModel"
    processor: "RefSamProcessor"

    _load_processor = True  # type: ignore[assignment]
    _load_image_processor = False  # type: ignore[assignment]
    _load_video_processor = False  # type: ignore[assignment]
    _load_feature_extractor = False  # type: ignore[assignment]
    _load_tokenizer = False  # type: ignore[assignment]

    def __call__(self, inputs: Any, text: str | Sequence[str] | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        from .video import is_single_clip

        if text is None:
            raise ValueError('expected the words to look for: segmenter(video, text="the red circle")')
        if is_single_clip(inputs):
            return super().__call__({"video": inputs, "text": text}, **kwargs)
        return [
            super(ReferringVideoSegmentationPipeline, self).__call__({"video": clip, "text": text}, **kwargs)
            for clip in inputs
        ]

    def _sanitize_parameters(
        self,
        mask_format: str | None = None,
        mask_threshold: float | None = None,
        chunk_size: int | None = None,
        partial: bool | None = None,
        **unknown: Any,
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        if unknown:
            raise ValueError(
                "expected the options mask_format, mask_threshold, chunk_size and partial, got " + ", ".join(unknown)
            )
        if mask_format is not None and mask_format not in MASK_FORMATS:
            raise ValueError(f"mask_format: expected one of {MASK_FORMATS}, got {mask_format!r}")
        preprocess = {"partial": partial}
        forward = {"mask_threshold": mask_threshold, "chunk_size": chunk_size, "mask_format": mask_format}
        return _given(preprocess), _given(forward), {}

    def preprocess(self, inputs: dict[str, Any], partial: bool = False) -> dict[str, Any]:  # type: ignore[override]
        """Opens the clip; its frames are read as they are segmented."""
        from .video import open_video

        return {"video": open_video(inputs["video"], partial=partial), "text": inputs["text"]}

    def _forward(  # type: ignore[override]
        self,
        model_inputs: dict[str, Any],
        mask_format: str = "rle",
        mask_threshold: float = 0.0,
        chunk_size: int = 1,
    ) -> dict[str, Any]:
        from .video.progress import progress

        video, text = model_inputs["video"], model_inputs["text"]
        texts = [text] if isinstance(text, str) else list(text)
        results: list[dict[str, Any]] = [
            {"text": expression, "frame_indices": [], "scores": [], "masks": []} for expression in texts
        ]
        steps = segment_video(
            self.model, self.processor, video, text, chunk_size=chunk_size, mask_threshold=mask_threshold
        )
        for step in progress(steps, total=video.length_hint, desc="segmenting"):
            for result, mask, score in zip(results, step.masks, step.scores, strict=True):
                result["frame_indices"].append(step.index)
                result["scores"].append(float(score))
                result["masks"].append(_formatted(mask, mask_format))
        return {"results": results[0] if isinstance(text, str) else results}

    def postprocess(self, model_outputs: dict[str, Any]) -> Any:  # type: ignore[override]
        """The results as they are: the masks were formatted frame by frame, while the clip was read."""
        return model_outputs["results"]

    def save_pretrained(self, save_directory: str | PathLike[str], **kwargs: Any) -> None:
        """Saves the model and the processor, and no code: `refsam_hf` is what registers the task."""
        self.model.save_pretrained(save_directory, **kwargs)
        self.processor.save_pretrained(save_directory, **kwargs)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _formatted(mask: np.ndarray, mask_format: str) -> Any:
    """A bool (H, W) mask as RLE, itself, or as a PIL image of mode 1."""
    if mask_format == "rle":
        from .video.rle import encode_rle

        return encode_rle(mask)
    if mask_format == "pil":
        from PIL import Image

        return Image.fromarray(mask)
    return mask
