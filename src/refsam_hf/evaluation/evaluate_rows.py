"""Scores the rows of a benchmark, video by video, in one process or several, and goes on where a run was stopped."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..benchmarks import decode_masks
from ..video.progress import progress
from .protocols import Predicted, Protocol, Row
from .run_folder import RunFolder, VideoResult

Predict = Callable[[Sequence[Row]], tuple[Mapping[str, Predicted], list[str]]]
"""From the rows of a video to what was found for them, by `expression_id`, and notes on what is amiss with it."""

LONGEST_WAIT = timedelta(days=30)  # of one process for another; a video has no time limit
FAILURES = (ValueError, OSError, RuntimeError, MemoryError)
"""What may be wrong with one video, and must not cost the others their results."""


def by_video(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each video, videos and rows in their order."""
    videos: dict[str, list[Row]] = {}
    for row in rows:
        videos.setdefault(row["video_id"], []).append(row)
    return videos


def evaluate_rows(
    videos: Mapping[str, Sequence[Row]],
    predict: Predict,
    protocol: Protocol,
    folder: RunFolder,
    *,
    keep_predictions: bool = True,
) -> None:
    """Scores the videos that the folder has no result of yet, and writes each as it ends.

    Under `accelerate launch`, or `torchrun`, each process takes its share of them; all return when all are done.

    Args:
        videos: the rows of each video, the same in every process.
        predict: segments a video, or looks up what somebody else found.
        keep_predictions: whether the predicted masks are written too.

    A video that cannot be predicted or scored is written as failed, with the error.
    """
    from accelerate.utils import broadcast_object_list  # type: ignore[import-untyped]

    state = process_state()
    missing = [[video for video in videos if not folder.is_done(video)]]
    if state.num_processes > 1:
        broadcast_object_list(missing)  # one that starts late must not see what another has done by then
    own = missing[0][state.process_index :: state.num_processes]
    for video in progress(own, total=len(own), desc="evaluating", unit="video", enabled=state.is_main_process):
        start, notes = time.perf_counter(), list[str]()
        try:
            predictions, notes = predict(videos[video])
            if keep_predictions:
                folder.write_predictions(videos[video], predictions)
            items = []
            if all(row["masks"] for row in videos[video]):
                items = protocol.score_video(videos[video], predictions, decode_masks)
            result = VideoResult(video, items)
        except FAILURES as error:
            result = VideoResult(video, error=" ".join(str(error).split()) or type(error).__name__)
        seconds = round(time.perf_counter() - start, 3)
        folder.write(replace(result, notes=notes, seconds=seconds))
    state.wait_for_everyone()


def process_state() -> Any:
    """What Accelerate knows of the processes of this run; alone, of this one."""
    import torch
    from accelerate import PartialState  # type: ignore[import-untyped]
    from accelerate.utils import parse_flag_from_env

    # on a CPU it sees other processes only if it is told that it is on one
    on_cpu = parse_flag_from_env("ACCELERATE_USE_CPU") or not torch.accelerator.is_available()
    return PartialState(cpu=on_cpu, timeout=LONGEST_WAIT)
