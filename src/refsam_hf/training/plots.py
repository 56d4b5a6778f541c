"""The curves of a training, drawn from its log."""

import json
import os
from typing import Any

from ..evaluation.plots import new_figure, save_figure


def read_log(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The records of a `log.jsonl`, in order."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def plot_curves(log: str | os.PathLike[str], image: str | os.PathLike[str]) -> None:
    """Draws loss and learning rate, and J and F on training batches and on val, over the steps.

    Args:
        log: the `log.jsonl` of a training.
        image: where the PNG goes.

    Raises:
        ImportError: without matplotlib.
    """
    records = read_log(log)
    figure = new_figure(10, 4)
    losses, scores = figure.subplots(1, 2)
    for axes, title, names in (
        (losses, "loss", (("loss", "train"),)),
        (scores, "J and F", (("train_j", "J, train"), ("val_j", "J, val"), ("val_f", "F, val"))),
    ):
        for name, label in names:
            points = [(record["step"], record[name]) for record in records if record.get(name) is not None]
            if points:
                axes.plot(*zip(*points, strict=True), label=label, marker="." if len(points) < 50 else None)
        axes.set_title(title)
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    scores.set_ylim(0, 1)
    save_figure(figure, image)
