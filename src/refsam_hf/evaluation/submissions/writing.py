"""Writes the submission of a benchmark, whole or not at all."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...benchmarks.registry import BENCHMARKS, benchmark_of
from ...files.json import json_text
from ...files.written_aside import written_aside
from ..predictions.coco_json import BY_FRAME
from ..protocols import Predicted, Row, Truth
from . import coco, zips

Lookup = Callable[[Sequence[Row]], Mapping[str, Predicted]]
"""From the rows of a video to what was predicted for them, by expression id."""

ZIP, JSON = ".zip", ".json"
_FILES: Mapping[str, Callable[[Sequence[Row], Mapping[str, Predicted]], zips.Files]] = {
    "annotated_masks": zips.annotated_masks,
    "expression_masks": zips.expression_masks,
    "label_maps": zips.label_maps,
}
FORMS: Mapping[str, str] = {**dict.fromkeys(_FILES, ZIP), "coco": JSON, BY_FRAME: JSON}
"""The forms of a submission (`Benchmark.submission`), and what its file's name ends in."""


def check_submission(path: str | os.PathLike[str], benchmark: str) -> str:
    """Shows before anything that takes long that a submission can be written, and gives its form.

    Raises:
        ValueError: the benchmark has no such form, or the name another ending.
        OSError: the path cannot be written to.
    """
    form = benchmark_of(benchmark).submission
    if form is None or form not in FORMS:
        known = ", ".join(name for name, found in BENCHMARKS.items() if found.submission in FORMS)
        raise ValueError(f"submission: expected a benchmark that has a form of it ({known}), got {benchmark!r}")
    suffix = FORMS[form]
    if Path(path).suffix.lower() != suffix:
        raise ValueError(f"{path}: expected a name that ends in {suffix} for {benchmark}, got {Path(path).name!r}")
    if not Path(path).parent.is_dir():
        raise FileNotFoundError(f"{path}: expected an existing folder to write into, got {str(Path(path).parent)!r}")
    return form


def write_submission(
    path: str | os.PathLike[str],
    benchmark: str,
    videos: Mapping[str, Sequence[Row]],
    predictions_of: Lookup,
    truth_of: Truth | None = None,
) -> list[Path]:
    """Writes what is handed in for a benchmark, video by video.

    Refer-YouTube-VOS, MeViS and Ref-DAVIS17 take a zip of PNGs. For the others a COCO results file is written, and
    with `truth_of` a second one beside it, `<name>.ground_truth.json`, that COCO's tools need to score the first.

    Args:
        videos: the rows of each video.
        predictions_of: gives what was predicted for the rows of a video; what is not in it is not handed in.
        truth_of: where the true masks come from; None where they are hidden.

    Returns:
        the files written.

    Raises:
        ValueError, OSError: as `check_submission`; an id leads out of the folder (nothing is written then).
    """
    form = check_submission(path, benchmark)
    path = Path(path)
    if form in _FILES:
        with written_aside(path) as aside:
            files = (
                file for rows in videos.values() for file in _FILES[form](rows, predictions_of(rows))
            )  # one image at a time
            zips.write_zip(aside, files)
        return [path]
    results: list[Any] = []
    truth = coco.GroundTruth()
    for rows in videos.values():
        results += coco.results(rows, predictions_of(rows))
        if truth_of is not None:
            truth.add(rows, truth_of)
    written = [path]
    with written_aside(path) as aside:
        aside.write_text(json_text(results, None), encoding="utf-8")
    if truth_of is not None:
        written.append(path.with_suffix(".ground_truth.json"))
        with written_aside(written[1]) as aside:
            aside.write_text(json_text(truth.content(), None), encoding="utf-8")
    return written
