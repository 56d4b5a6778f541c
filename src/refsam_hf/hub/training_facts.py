"""What the output folder of a training says about it: the source of a model card."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..evaluation.protocols import protocols_of
from ..evaluation.text_table import SCORE_COLUMNS
from ..files.json import read_json
from ..training.plots import read_log

Table = dict[str, dict[str, float]]

# of the columns that a log has for the rows beside "all", the longest first: one ends like another
_COLUMNS_OF_ROWS = ("hidden_empty", "j_and_f", "empty")


@dataclass(frozen=True)
class Measured:
    """A table of scores.

    Fields:
        benchmark, split: that was measured; a benchmark of several is called `"validation"`.
        how: a sentence.
        scores: columns of numbers by row; the row `"all"` is the whole.
        columns: what the columns are called.
    """

    benchmark: str
    split: str
    how: str
    scores: Table
    columns: Mapping[str, str]


@dataclass(frozen=True)
class TrainingFacts:
    """What is known of a trained checkpoint.

    Fields:
        config: of the training, as its `config.json` has it.
        checkpoint: the checkpoint's folder.
        checkpoint_config: its `config.json`.
        step: at which it was saved.
        measured: the validation at that step, and further results.
    """

    config: Mapping[str, Any]
    checkpoint: Path
    checkpoint_config: Mapping[str, Any]
    step: int
    measured: tuple[Measured, ...]


def read_training(
    run: str | os.PathLike[str], checkpoint: str = "best", results: tuple[str | os.PathLike[str], ...] = ()
) -> TrainingFacts:
    """Reads a training's output folder.

    Args:
        run: the `output_dir`.
        checkpoint: `"best"` or `"last"`.
        results: files that `refsam evaluate --json` wrote of this checkpoint, which is loaded to see that they are.

    Raises:
        ValueError: a file that is damaged or of something else, a log without a validation, or results of other
            weights or with videos that failed or were left out.
        OSError: a file is not there.
    """
    folder = Path(run)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected the output folder of a training, got no such folder")
    config = _read_json(folder / "config.json", "stages")
    saved = _read_json(folder / checkpoint / "config.json", "model_type")
    record = _validation(folder / "log.jsonl", checkpoint)
    reports = {path: _read_json(Path(path), "scores") for path in results}
    if reports:
        _check_reports(reports, folder / checkpoint)
    return TrainingFacts(
        config=config,
        checkpoint=folder / checkpoint,
        checkpoint_config=saved,
        step=record["step"],
        measured=(_of_the_log(config, record), *(_of_a_report(path, report) for path, report in reports.items())),
    )


def _read_json(path: Path, needed: str) -> dict[str, Any]:
    content: dict[str, Any] = read_json(path, dict)
    if needed not in content:
        raise ValueError(f"{path}: expected an object with {needed!r}, got {sorted(content)}")
    return content


def _validation(log: Path, checkpoint: str) -> dict[str, Any]:
    """The line of the validation after which the checkpoint was saved."""
    try:
        records = read_log(log)
    except ValueError as error:
        raise ValueError(f"{log}: expected one JSON mapping a line: {error}") from error
    validations = [record for record in records if "val_j_and_f" in record]
    if not validations:
        raise ValueError(f"{log}: expected a validation, got {len(records)} lines without one")
    if checkpoint == "last":
        return validations[-1]
    return max(validations, key=lambda record: record["val_j_and_f"])  # the first of the best, as a training keeps it


def _of_the_log(config: Mapping[str, Any], record: Mapping[str, Any]) -> Measured:
    scores: Table = {}
    for name, value in record.items():
        if name.startswith("val_") and value is not None:
            row, column = _place(name.removeprefix("val_"))
            scores.setdefault(row, {})[column] = value
    scores["all"] = scores.pop("all")  # the last
    datasets = config.get("validation") or [{"name": "shapes"}]
    names = [dataset["name"] for dataset in datasets]
    split = str(datasets[0].get("split") or datasets[0].get("frames") or "val")
    how = f"The training's own validation on {', '.join(names)}, at step {record['step']}."
    return Measured(names[0] if len(names) == 1 else "validation", split, how, scores, SCORE_COLUMNS)


def _place(name: str) -> tuple[str, str]:
    """`relation_j_and_f` -> ("relation", "j_and_f"); `j_and_f` -> ("all", "j_and_f")."""
    for column in _COLUMNS_OF_ROWS:
        if name.endswith(f"_{column}"):
            return name.removesuffix(f"_{column}"), column
    return "all", name


def _check_reports(reports: Mapping[Any, Mapping[str, Any]], checkpoint: Path) -> None:
    """A card holds numbers of its own checkpoint, and of whole benchmarks."""
    from ..evaluation.provenance import weights_sha256
    from ..modeling_refsam import RefSamModel

    own = weights_sha256(RefSamModel.from_pretrained(checkpoint))
    for path, report in reports.items():
        if report.get("failed"):
            raise ValueError(f"{path}: expected results of all videos, got {len(report['failed'])} that failed")
        if report.get("left_out"):
            raise ValueError(f"{path}: expected results of all videos, got {len(report['left_out'])} left out")
        if report.get("weights_sha256") != own:
            raise ValueError(
                f"{path}: expected results of the weights in {checkpoint} (sha256 {own}), "
                f"got those of {report.get('model')} ({report.get('weights_sha256')})"
            )


def _of_a_report(path: str | os.PathLike[str], report: Mapping[str, Any]) -> Measured:
    benchmark, split = report["benchmark"], report["split"]
    columns = next((p.columns for p in protocols_of(benchmark).values() if p.name == report["protocol"]), None)
    if columns is None:
        raise ValueError(f"{path}: expected a protocol of {benchmark}, got {report['protocol']!r}")
    drawn = {name: report[name] for name in ("clips", "frames", "size", "seed") if name in report}
    options = [f" --option {name}={value}" for name, value in report.get("options", {}).items()]
    command = f"`refsam evaluate --benchmark {benchmark} --split {split}{''.join(options)}`"
    said = ", ".join([command, *(f"{name} {_plain(value)}" for name, value in drawn.items())])
    return Measured(
        benchmark, split, f"{said}, scored by the protocol {report['protocol']}.", report["scores"], columns
    )


def _plain(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)
