"""From a video and its expressions to masks at the frame's own size, frame after frame."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .modeling_refsam import RefSamModel
    from .processing_refsam import RefSamProcessor


@dataclass(frozen=True)
class SegmentedFrame:
    """One frame of a video and what was found in it.

    Fields:
        index: 0 for the first frame.
        frame: uint8 (H, W, 3) RGB.
        masks: bool (E, H, W), one per expression.
        scores: float32 (E,), the model's estimate of each mask's IoU.
    """

    index: int
    frame: np.ndarray
    masks: np.ndarray
    scores: np.ndarray


def segment_video(
    model: "RefSamModel",
    processor: "RefSamProcessor",
    video: Any,
    text: str | Sequence[str],
    *,
    chunk_size: int = 1,
    mask_threshold: float = 0.0,
) -> Iterator[SegmentedFrame]:
    """Segments E expressions through one video, online and in constant memory.

    Args:
        model, processor: of one checkpoint.
        video: whatever `refsam_hf.video.open_video` takes: a path, a list, an array, an iterator of frames.
        text: an expression, or several, which are segmented in one pass.
        chunk_size: frames read ahead and put through the vision tower together.
        mask_threshold: logit above which a pixel belongs to the object.
    """
    from .video import open_video

    session = processor.init_video_session(text)  # a bad text is an error before the video is opened
    ahead: deque[np.ndarray] = deque()  # frames that were read, but not yet segmented: at most chunk_size
    frames = _remember(open_video(video), ahead)
    for output in model.propagate_in_video_iterator(session, frames, chunk_size=chunk_size):
        (masks,) = processor.post_process_masks([output.pred_masks], [output.original_size], mask_threshold)
        yield SegmentedFrame(
            index=output.frame_index,
            frame=ahead.popleft(),
            masks=masks.cpu().numpy(),
            scores=output.iou_scores.float().cpu().numpy(),
        )


def _remember(frames: Iterable[np.ndarray], ahead: "deque[np.ndarray]") -> Iterator[np.ndarray]:
    for frame in frames:
        ahead.append(frame)
        yield frame
