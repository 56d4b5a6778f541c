"""The schema that the rows of every benchmark share: one row per expression."""

from collections.abc import Mapping
from typing import Any


def row_features(more: Mapping[str, str] | None = None) -> Any:
    """The `datasets.Features` of a row; `more` adds columns of one benchmark by name and dtype.

    `frames_dir` and `masks` say where frames and masks are (`masks` is empty where they are hidden), `object_ids`
    which labels of the masks the expression speaks of, `annotator` who wrote it (0 where there is only one).
    """
    from datasets import Features, List, Value

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
        | {name: Value(dtype) for name, dtype in (more or {}).items()}
    )
