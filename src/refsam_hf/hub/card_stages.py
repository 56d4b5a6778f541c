"""The stages of a training, as rows of its model card."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def stage_rows(stages: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown row of each; of turns, those of one turn, and below how many there were.

    Args:
        stages: of the `config.json` of a training.
    """
    turn, times = _turns(stages)
    rows = "\n".join(_row(number, stage) for number, stage in enumerate(turn, start=1))
    return rows if times == 1 else f"{rows}\n\nAll of them {times} times, in turns."


def _turns(stages: Sequence[Mapping[str, Any]]) -> tuple[Sequence[Mapping[str, Any]], int]:
    """The shortest turn that the stages repeat, and how often they do."""
    for length in range(1, len(stages)):
        times, rest = divmod(len(stages), length)
        if not rest and all(stages[place] == stages[place % length] for place in range(length, len(stages))):
            return stages[:length], times
    return stages, 1


def _row(number: int, stage: Mapping[str, Any]) -> str:
    if stage.get("features"):
        weights: Mapping[str, float] = stage["features"]
        sources = "kept features " + ", ".join(
            Path(folder).name + (f" (weight {weight:g})" if len(weights) > 1 else "")
            for folder, weight in weights.items()
        )
    else:
        datasets = stage.get("datasets") or [{"name": "shapes"}]
        sources = "; ".join(_dataset(stage, dataset, len(datasets) > 1) for dataset in datasets)
    steps = stage.get("steps") or f"{stage.get('epochs')} epochs"
    return f"| {number} | {steps} | {stage['batch_size']} | {stage['num_frames']} | {sources} |"


def _dataset(stage: Mapping[str, Any], dataset: Mapping[str, Any], weighted: bool) -> str:
    if dataset["name"] == "shapes":
        kinds = {kind: share for kind, share in stage.get("kinds", {}).items() if share}
        part = f" ({', '.join(f'{kind} {share:g}' for kind, share in kinds.items())})" if kinds else ""
    else:
        part = f" ({dataset.get('split') or 'frames ' + (dataset.get('frames') or ':')})"
    return f"{dataset['name']}{part}" + (f", weight {dataset.get('weight', 1):g}" if weighted else "")
