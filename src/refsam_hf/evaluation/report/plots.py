"""Plots of a run: its videos, its kinds of expression, and how the score goes over the frames."""

import os
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from ..plots import new_figure, plot_bars, save_figure
from ..protocols import Item
from .views import measure_of, series_of

BINS = 20
MOST_NAMES = 60
Path = str | os.PathLike[str]


def scores_by_video(items: Sequence[Item]) -> dict[str, float]:
    """The mean score of each video's items, from the lowest on."""
    videos: defaultdict[str, list[float]] = defaultdict(list)
    for item in items:
        videos[item["video_id"]].append(item["score"])
    means = {video: float(np.mean(scores)) for video, scores in videos.items()}
    return dict(sorted(means.items(), key=lambda pair: pair[1]))


def plot_videos(path: Path, items: Sequence[Item]) -> None:
    """A bar for each video, from the worst to the best; their names, while there is room for them."""
    means = scores_by_video(items)
    figure = new_figure(min(16, max(7, 0.22 * len(means) + 3)), 4)
    axes = figure.subplots()
    axes.bar(np.arange(len(means)), list(means.values()), 0.85, color="tab:blue")
    axes.axhline(float(np.mean(list(means.values()))), color="0.3", linewidth=1, linestyle="--")
    named = len(means) <= MOST_NAMES
    axes.set_xticks(np.arange(len(means)) if named else [], list(means) if named else [], rotation=90, fontsize=6)
    axes.set_xlim(-0.7, len(means) - 0.3)
    axes.set_ylim(0, 1.02)
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    axes.set_title(f"{measure_of(items[0])} of each video (dashed: their mean)")
    save_figure(figure, path)


def plot_kinds(path: Path, items: Sequence[Item]) -> None:
    """A bar for each kind of expression: the mean score of its items."""
    kinds: defaultdict[str, list[float]] = defaultdict(list)
    for item in items:
        kinds[item["kind"]].append(item["score"])
    columns = {kind: f"{kind}\n({len(kinds[kind])})" for kind in sorted(kinds)}
    row = {kind: float(np.mean(scores)) for kind, scores in kinds.items()}
    measure = measure_of(items[0])
    plot_bars(path, {measure: row}, columns, f"{measure} of each kind of expression (how many)")


def plot_frames(path: Path, items: Sequence[Item]) -> None:
    """How the score goes from the first frame to the last: the mean over the items in which a frame counts, and where
    their middle half is."""
    values: list[list[float]] = [[] for _ in range(BINS)]
    for item in items:
        series = series_of(item)
        for place, value in enumerate(series):
            if not np.isnan(value):
                values[min(BINS - 1, place * BINS // len(series))].append(float(value))
    held = [number for number in range(BINS) if values[number]]
    centres = [(number + 0.5) / BINS * 100 for number in held]
    low, high = (np.array([np.quantile(values[number], share) for number in held]) for share in (0.25, 0.75))
    figure = new_figure(8, 4)
    axes = figure.subplots()
    axes.fill_between(centres, low, high, alpha=0.2, label="middle half")
    axes.plot(centres, [np.mean(values[number]) for number in held], "o-", markersize=4, label="mean")
    axes.set_xlabel("place in the clip, %")
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 1.02)
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=8)
    axes.set_title(f"{measure_of(items[0])} over the frames")
    save_figure(figure, path)
