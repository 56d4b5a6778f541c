"""Scores of the procedural benchmark "shapes", kind by kind of expression.

An expression counts from the frame on from which it can be decided. While a target is hidden the right answer is an
empty mask, and that is asked for by itself: J&F of the kind "reappearance" is over the frames in which the target is
seen, and how many of the other frames are empty stands beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refsam_hf.benchmarks.shapes.kinds import ABSENT, MIX, REAPPEARANCE

from .clip import score_clip


@dataclass(frozen=True, eq=False)
class ExpressionScores:
    """How well one expression was segmented, over its T frames.

    Attributes:
        kind: of the expression.
        counted: (T,) bool, the frames from which on it can be decided.
        visible: (T,) bool, the frames in which its target shows a pixel.
        empty: (T,) bool, the frames whose predicted mask is empty.
        j, f: (T,) float64.
        j_swapped: the J of its masks with each other object that the clip's expressions name, over the counted frames.
    """

    kind: str
    counted: NDArray[np.bool_]
    visible: NDArray[np.bool_]
    empty: NDArray[np.bool_]
    j: NDArray[np.float64]
    f: NDArray[np.float64]
    j_swapped: tuple[float, ...]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """(T,) bool, the frames over which J and F of the expression are taken."""
        return self.counted & self.visible if self.kind == REAPPEARANCE else self.counted

    @property
    def j_mean(self) -> float:
        """The mean of J over the scored frames."""
        return float(self.j[self.scored].mean())

    @property
    def f_mean(self) -> float:
        """The mean of F over the scored frames."""
        return float(self.f[self.scored].mean())


def score_expression(
    kind: str,
    decidable_from: int,
    prediction: NDArray[np.bool_],
    truth: NDArray[np.bool_],
    others: Sequence[NDArray[np.bool_]] = (),
) -> ExpressionScores:
    """Scores the masks (T, H, W) of one expression against its target's, empty for one that is true of nothing.

    `others` are the masks of other objects that the clip's expressions name.
    """
    scores = score_clip(prediction, truth)
    counted = np.arange(len(truth)) >= decidable_from
    return ExpressionScores(
        kind=kind,
        counted=counted,
        visible=np.asarray(truth.any(axis=(1, 2))),
        empty=np.asarray(~prediction.any(axis=(1, 2))),
        j=scores.j,
        f=scores.f,
        j_swapped=tuple(_jaccard(prediction[counted], other[counted]) for other in others),
    )


def _jaccard(prediction: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """The mean J over the frames (T, H, W) in which `other` is seen; 0 if it never is."""
    overlap = (prediction & other).sum(axis=(1, 2))
    union = (prediction | other).sum(axis=(1, 2))
    seen = other.any(axis=(1, 2))
    return float((overlap[seen] / union[seen]).mean()) if seen.any() else 0.0


def summarise(expressions: Sequence[ExpressionScores]) -> dict[str, dict[str, float]]:
    """The table of a benchmark: for each kind and "all", the means over its expressions.

    Every row has `expressions`, how many there are, and, but for "absent", `j`, `f`, `j_and_f`, `lost` (the share of
    the counted frames with a visible target whose mask is empty) and `j_swapped`. "reappearance" has `hidden_empty`,
    the share of the counted frames with a hidden target whose mask is empty, "absent" has `empty`, the same of all its
    frames. In "all", J and F are the means of the kinds by the benchmark's mix, "absent" left out.
    """
    table: dict[str, dict[str, float]] = {}
    counting = [row for row in expressions if row.kind == ABSENT or row.scored.any()]
    for kind in MIX:
        rows = [row for row in counting if row.kind == kind]
        if not rows:
            continue
        line: dict[str, float] = {"expressions": len(rows)}
        if kind == ABSENT:
            line["empty"] = _share(rows, "counted")
        else:
            line["j"] = float(np.mean([row.j_mean for row in rows]))
            line["f"] = float(np.mean([row.f_mean for row in rows]))
            line["j_and_f"] = (line["j"] + line["f"]) / 2
            line |= _shared_lines(rows)
        if kind == REAPPEARANCE:
            line["hidden_empty"] = _share(rows, "hidden")
        table[kind] = line
    scored = {kind: line for kind, line in table.items() if kind != ABSENT}
    if scored:
        rows = [row for row in counting if row.kind in scored]
        means = {name: _by_mix(scored, name) for name in ("j", "f", "j_and_f")}
        table["all"] = {"expressions": len(rows), **means, **_shared_lines(rows)}
    return table


def _share(rows: Sequence[ExpressionScores], which: str) -> float:
    """The share of the frames of one sort whose mask is empty."""
    sorts = {
        "counted": [row.counted for row in rows],
        "hidden": [row.counted & ~row.visible for row in rows],
        "visible": [row.counted & row.visible for row in rows],
    }
    frames = np.concatenate(sorts[which])
    empty = np.concatenate([row.empty for row in rows])
    return float(empty[frames].mean()) if frames.any() else float("nan")


def _shared_lines(rows: Sequence[ExpressionScores]) -> dict[str, float]:
    swapped = [j for row in rows for j in row.j_swapped]
    lines = {"lost": _share(rows, "visible")}
    return lines | {"j_swapped": float(np.mean(swapped))} if swapped else lines


def _by_mix(table: Mapping[str, Mapping[str, float]], name: str) -> float:
    weights = [MIX[kind] for kind in table]
    return float(np.average([line[name] for line in table.values()], weights=weights))
