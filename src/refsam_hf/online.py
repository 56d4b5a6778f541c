"""A session's frames through a model, one after the other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch

from .outputs import RefSamFrameEmbeddings, RefSamFrameOutput
from .video_session import RefSamVideoSession

if TYPE_CHECKING:
    from .modeling_refsam import RefSamModel


@torch.inference_mode()
def segment_next_frame(model: "RefSamModel", session: RefSamVideoSession, frame: Any) -> RefSamFrameOutput:
    """`model(inference_session=session, frame=frame)`: see there."""
    if frame is None:
        raise ValueError("a session needs its next frame: model(inference_session=session, frame=frame)")
    pixel_values, sizes = session.prepare_frames([frame], model.device)
    return _step(model, session, model.get_frame_embeddings(pixel_values), sizes[0])


def propagate(
    model: "RefSamModel", session: RefSamVideoSession, video: Any, chunk_size: int
) -> Iterator[RefSamFrameOutput]:
    """`model.propagate_in_video_iterator`: see there."""
    from .video import open_video

    if chunk_size < 1:
        raise ValueError(f"chunk_size must be at least 1, got {chunk_size}")
    for frames in _chunks(iter(open_video(video)), chunk_size):
        # not around the yield: inference mode must not leak into the caller's code between two frames
        with torch.inference_mode():
            pixel_values, sizes = session.prepare_frames(frames, model.device)
            embeddings = model.get_frame_embeddings(pixel_values)
        for index, size in enumerate(sizes):
            with torch.inference_mode():
                output = _step(model, session, embeddings.frames(index, index + 1), size)
            yield output


def _step(
    model: "RefSamModel", session: RefSamVideoSession, frame: RefSamFrameEmbeddings, original_size: tuple[int, int]
) -> RefSamFrameOutput:
    """What the session remembers moves on by one frame."""
    if session.text_embeddings is None:
        text = model.get_text_embeddings(session.input_ids.to(model.device), session.attention_mask.to(model.device))
        session.text_embeddings = text.unflatten((1, session.num_expressions))
    masks, scores, session.track_tokens = model._segment_frame(frame, session.text_embeddings, session.track_tokens)
    output = RefSamFrameOutput(
        frame_index=session.frame_index,
        pred_masks=masks[0],
        iou_scores=scores[0],
        original_size=original_size,
    )
    session.frame_index += 1
    return output


def _chunks(frames: Iterator[Any], size: int) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for frame in frames:
        chunk.append(frame)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
