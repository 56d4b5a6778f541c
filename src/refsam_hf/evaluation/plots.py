"""Pictures of what was measured. They need matplotlib, the extra "plots"."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..benchmarks.shapes.kinds import MIX
from ..files.written_aside import written_aside
from .calibration import Calibration

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KIND_COLOURS = dict(zip(MIX, ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple"), strict=True))


def plot_bars(
    path: str | os.PathLike[str], rows: Mapping[str, Mapping[str, float]], columns: Mapping[str, str], title: str
) -> None:
    """Writes a PNG with a group of bars for each column and a bar in it for each row that has its number.

    Args:
        rows: for each name the numbers, from 0 to 1.
        columns: the name of each column's numbers in a row, and its heading.
    """
    figure = new_figure(max(7, 1.5 * len(columns) + 3), 4)
    axes = figure.subplots()
    width = 0.8 / len(rows)
    for place, (title_of_row, row) in enumerate(rows.items()):
        heights = [row.get(name, float("nan")) for name in columns]
        left = np.arange(len(columns)) - 0.4 + (place + 0.5) * width
        bars = axes.bar(left, heights, width * 0.92, label=title_of_row)
        axes.bar_label(bars, fmt=lambda height: "" if np.isnan(height) else f"{height:.2f}", fontsize=6, padding=1)
    axes.set_xticks(np.arange(len(columns)), list(columns.values()))
    axes.set_ylim(0, 1.05)
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=len(rows), fontsize=8)
    save_figure(figure, path)


def plot_calibration(
    path: str | os.PathLike[str],
    overall: Calibration,
    frames: Mapping[str, tuple[Sequence[float] | NDArray[np.float64], Sequence[float] | NDArray[np.float64]]],
    title: str,
) -> None:
    """Writes a PNG: on the left the reliability of the scores, on the right every frame, in the colour of its kind.

    Args:
        overall: of all frames.
        frames: for each kind of expression the scores and the real IoU of its frames.
    """
    figure = new_figure(10, 4.8)
    reliability, cloud = figure.subplots(1, 2, sharex=True, sharey=True)
    bins = len(overall.counts)
    shares = overall.counts / overall.frames
    reliability.bar((np.arange(bins) + 0.5) / bins, shares, 0.95 / bins, color="0.85", label="share of the frames")
    held = overall.counts > 0
    reliability.plot(overall.mean_scores[held], overall.mean_values[held], "o-", label="mean IoU of a bin")
    reliability.set_title(f"expected calibration error {overall.expected_error:.3f}")
    reliability.set_ylabel("real IoU")
    for kind, (scores, values) in frames.items():
        cloud.plot(scores, values, ".", markersize=4, alpha=0.4, color=KIND_COLOURS[kind], label=kind)
    cloud.set_title(f"Pearson {overall.pearson:.2f}, Spearman {overall.spearman:.2f}")
    for axes in (reliability, cloud):
        axes.plot((0, 1), (0, 1), "--", color="0.4", linewidth=1, zorder=0)
        axes.set_xlabel("predicted IoU")
        axes.grid(alpha=0.3)
        axes.set_axisbelow(True)
        axes.legend(fontsize=8)
    reliability.set_ylim(-0.03, 1.03)
    figure.suptitle(title)
    save_figure(figure, path)


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of this size in inches."""
    from matplotlib.figure import Figure  # not pyplot: no window, no global state

    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: "Figure", path: str | os.PathLike[str]) -> None:
    """Writes a figure as a PNG."""
    with written_aside(path) as aside:
        figure.savefig(aside, dpi=120, format="png")
