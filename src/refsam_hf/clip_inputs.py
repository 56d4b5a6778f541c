"""What [`RefSamModel`] is given of whole clips."""

from torch import Tensor


def check_clips(
    pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor, words_seen: Tensor | None = None
) -> None:
    """That they belong together.

    Args:
        pixel_values: (B, T, 3, H, W).
        input_ids, attention_mask: (B, E, N).
        words_seen: (B, E, T).

    Raises:
        ValueError: one has another shape, or there is no frame or no expression.
    """
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
