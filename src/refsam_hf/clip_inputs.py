"""What [`RefSamModel`] is given of whole clips.

Letters: B clips, T frames, E expressions, N text tokens, C prompt channels, D width of the tower, (h, w) its grid.
"""

from typing import Any

from torch import Tensor

from .outputs import RefSamFrameEmbeddings


def check_clips(
    config: Any,
    pixel_values: Tensor | None,
    frame_embeddings: RefSamFrameEmbeddings | None,
    input_ids: Tensor,
    attention_mask: Tensor,
    words_seen: Tensor | None = None,
) -> int:
    """That they belong together.

    Args:
        config: the model's.
        pixel_values: (B, T, 3, H, W); or in its place
        frame_embeddings: of B * T frames, those of a clip one after the other.
        input_ids, attention_mask: (B, E, N).
        words_seen: (B, E, T).

    Returns:
        T.

    Raises:
        ValueError: one has another shape, there is no frame or no expression, or frames are given in both ways.
    """
    if pixel_values is not None:
        batch, num_frames = _of_pixels(pixel_values)
        if frame_embeddings is not None:
            raise ValueError("expected one of pixel_values and frame_embeddings, got both")
    else:
        batch, num_frames = len(input_ids), _of_embeddings(config, frame_embeddings, len(input_ids))
    if input_ids.ndim != 3 or len(input_ids) != batch:
        raise ValueError(f"input_ids: expected (B, E, N) with B = {batch}, got shape {tuple(input_ids.shape)}")
    if attention_mask.shape != input_ids.shape:
        raise ValueError(
            f"attention_mask: expected the shape of input_ids, {tuple(input_ids.shape)}, "
            f"got {tuple(attention_mask.shape)}"
        )
    shape = (*input_ids.shape[:2], num_frames)
    if words_seen is not None and tuple(words_seen.shape) != shape:
        raise ValueError(f"words_seen: expected (B, E, T) = {shape}, got shape {tuple(words_seen.shape)}")
    if not (num_frames and input_ids.shape[1]):
        raise ValueError(
            f"expected at least one frame and one expression, got {num_frames} frames and "
            f"input_ids {tuple(input_ids.shape)}"
        )
    return num_frames


def _of_pixels(pixel_values: Tensor) -> tuple[int, int]:
    """B and T."""
    if pixel_values.ndim != 5:
        raise ValueError(f"pixel_values: expected (B, T, 3, H, W), got shape {tuple(pixel_values.shape)}")
    return pixel_values.shape[0], pixel_values.shape[1]


def _of_embeddings(config: Any, frames: Any, batch: int) -> int:
    """T of frame embeddings of B clips, which have to be those of the model's tower."""
    vision, visual = config.vision_config, frames.visual_embedding
    count, side = len(visual), vision.image_size // vision.patch_size
    height, width = visual.shape[-2:] if frames.cell_centres is not None else (side, side)
    expected = [("visual_embedding", visual, (count, vision.output_channels, height, width))]
    levels = frames.intermediate_embeddings
    if len(levels) != len(config.intermediate_layers):
        raise ValueError(
            f"frame_embeddings.intermediate_embeddings: expected {len(config.intermediate_layers)}, got {len(levels)}"
        )
    for level in levels:
        expected.append(("intermediate_embeddings", level, (count, height, width, vision.hidden_size)))
    if frames.cell_centres is not None:
        expected.append(("cell_centres", frames.cell_centres, (count, height, width, 2)))
    for name, tensor, shape in expected:
        if tuple(tensor.shape) != shape:
            raise ValueError(f"frame_embeddings.{name}: expected the shape {shape}, got {tuple(tensor.shape)}")
    if not batch or count % batch:
        raise ValueError(f"frame_embeddings: expected the same number of frames of {batch} clips, got {count} in all")
    return count // batch
