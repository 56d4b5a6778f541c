"""The schema that the rows of every benchmark share: one row per expression."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..video.errors import VideoError

if TYPE_CHECKING:
    from datasets import Dataset

TEXTS, NUMBERS = "list of texts", "list of numbers"
"""The dtypes of columns that are lists, beside those that `datasets.Value` knows."""


def row_features(more: Mapping[str, str] | None = None) -> Any:
    """The `datasets.Features` of a row; `more` adds columns of one benchmark by name and dtype.

    `frames_dir` and `masks` say where frames and masks are (`masks` is empty where they are hidden), `object_ids`
    which labels of the masks the expression speaks of, `annotator` who wrote it (0 where there is only one).
    """
    from datasets import Features, List, Value

    lists = {TEXTS: List(Value("string")), NUMBERS: List(Value("int64"))}
    texts = ("benchmark", "split", "video_id", "expression_id", "expression")
    return Features(
        {name: Value("string") for name in texts}
        | {
            "object_ids": List(Value("int32")),
            "annotator": Value("int32"),
            "frames_dir": Value("string"),
            "frame_names": List(Value("string")),
            "masks": Value("string"),
        }
        | {name: lists[dtype] if dtype in lists else Value(dtype) for name, dtype in (more or {}).items()}
    )


def clean_text(text: object, what: str) -> str:
    """An expression as the loaders of the field clean it: lower case, single spaces.

    Raises:
        ValueError: it is no text, or has no word; `what` is whose it is.
    """
    words = " ".join(text.lower().split()) if isinstance(text, str) else ""
    if not words:
        raise ValueError(f"{what}: expected words, got {text!r}")
    return words


def check_masks(row: Mapping[str, Any], masks: NDArray[np.bool_], size: tuple[int, ...]) -> None:
    """Refuses masks (T, H, W) of another size than that of the frames, (H, W).

    Raises:
        VideoError: they differ; the video and a frame are named.
    """
    if masks.shape[1:] != tuple(size):
        expected, got = ("x".join(str(side) for side in sides) for sides in (size, masks.shape[1:]))
        raise VideoError(
            f"video {row['video_id']!r}: expected masks of the size of the frames, {expected} (height x width), "
            f"got {got}, as of frame {row['frame_names'][0]!r}"
        )


def to_dataset(rows: Sequence[Mapping[str, Any]], more: Mapping[str, str] | None = None) -> "Dataset":
    """Rows as a `datasets.Dataset`; made by Arrow, column by column, in a fraction of the time of `from_list`."""
    import pyarrow as pa
    from datasets import Dataset

    schema = row_features(more).arrow_schema  # which remembers the features
    return Dataset(pa.table({name: [row[name] for row in rows] for name in schema.names}, schema=schema))
