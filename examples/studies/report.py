"""Tables and pictures of the studies."""

import os
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from refsam_hf.evaluation.plots import new_figure, save_figure

from .plan import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Numbers = Mapping[str, float | None]
Results = Mapping[str, Sequence[Numbers]]
"""The numbers of each run, seed by seed."""

LEAST_RANGE = 0.1  # of J&F in a picture: less would blow up what seeds alone change
OURS, PAPER = "J&F on shapes", "paper (Refer-YouTube-VOS)"


def values(results: Results, run: str, column: str) -> list[float]:
    """A number of a run, of each of the seeds that have it."""
    found = [numbers.get(column) for numbers in results[run]]
    return [value for value in found if value is not None]


def rows_of(study: Study, results: Results) -> dict[str, dict[str, float]]:
    """The table: means over the seeds, of the first column also the standard deviation as `spread`. What the paper has
    other names for stands in rows of its own."""
    rows: dict[str, dict[str, float]] = {}
    for label, run in study.rows.items():
        row: dict[str, float] = {"seeds": len(results[run])}
        for column in study.columns:
            found = values(results, run, column)
            if found:
                mean = fmean(found)
                row[column] = round(mean) if column == "trained" else mean
        first = values(results, run, next(iter(study.columns)))
        if len(first) > 1:
            row["spread"] = stdev(first)
        rows[label] = row
    for label, percent in study.paper.items():
        rows.setdefault(label, {})["paper"] = percent / 100
    return rows


def columns_of(study: Study) -> dict[str, str]:
    """The headings of the table."""
    first, *others = study.columns
    headings = {"seeds": "seeds", first: study.columns[first], "spread": "±"}
    return headings | {name: study.columns[name] for name in others} | {"paper": f"J&F, {PAPER}"}


def plot_study(path: str | os.PathLike[str], study: Study, results: Results) -> None:
    """Writes a PNG: every seed, mean and standard deviation of each row; the paper's numbers beside it on their own
    scale, or its words below."""
    figure = new_figure(10 if study.paper else 7, 4)
    panels = figure.subplots(1, 2 if study.paper else 1, squeeze=False)[0]
    column = next(iter(study.columns))
    found = [values(results, run, column) for run in study.rows.values()]
    for place, of_run in enumerate(found):
        panels[0].plot([place] * len(of_run), of_run, "o", color="0.6", markersize=4)
    spreads = [stdev(of_run) if len(of_run) > 1 else 0.0 for of_run in found]
    means = [fmean(of_run) for of_run in found]
    panels[0].errorbar(range(len(found)), means, spreads, fmt="s", color="tab:blue", capsize=5)
    _label(panels[0], list(study.rows), study.corner, OURS)
    low, high = panels[0].get_ylim()
    missing = max(0.0, LEAST_RANGE - (high - low)) / 2
    panels[0].set_ylim(low - missing, high + missing)
    if study.paper:
        panels[1].plot(range(len(study.paper)), list(study.paper.values()), "D", color="tab:orange")
        _label(panels[1], list(study.paper), study.corner, f"J&F in %, {PAPER}")
    elif study.said:
        figure.supxlabel(study.said, fontsize=8)
    figure.suptitle(study.title)
    save_figure(figure, path)


def _label(axes: "Axes", labels: Sequence[str], what: str, measure: str) -> None:
    long = sum(map(len, labels)) > 60 or max(map(len, labels)) > 18
    axes.set_xticks(range(len(labels)), labels, rotation=25 if long else 0, ha="right" if long else "center")
    axes.set_xlabel(what)
    axes.set_ylabel(measure)
    axes.margins(0.1)
    axes.grid(axis="y", alpha=0.3)
