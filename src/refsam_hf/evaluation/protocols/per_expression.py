"""J and F of each expression by itself, over all frames of its row: Refer-YouTube-VOS, MeViS, your own clips."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..absence import absence_accuracies
from ..clip import ClipScores, score_clip
from .protocol import Item, Predicted, Row, Table, Truth, base_item, decoded_parts

FRAMES_AT_ONCE = 32
"""How many frames of a clip are decoded together: memory does not grow with the clip."""

COLUMNS = {
    "expressions": "expressions",
    "j_and_f": "J&F",
    "j": "J",
    "f": "F",
    "n_acc": "N-acc.",
    "t_acc": "T-acc.",
}


def score_video(rows: Sequence[Row], predictions: Mapping[str, Predicted], truth_of: Truth) -> list[Item]:
    """The items of one video, one for each expression, `found` whether a mask was predicted in any frame and `real`
    whether there is a true one; an expression without any prediction has J = F = 0."""
    items = []
    for row in rows:
        predicted = predictions.get(row["expression_id"])
        if predicted is None:
            zeros = [0.0] * len(row["frame_names"])
            real = bool(row["object_ids"])
            said = {"found": not real, "real": real}  # wrong either way: nothing was said of it
            items.append(base_item(row) | {"j": zeros, "f": zeros, "score": 0.0} | said)
            continue
        scored, found, real = [], False, False
        for masks, truth, void in decoded_parts(row, predicted, truth_of, FRAMES_AT_ONCE):
            found, real = found or bool(masks.any()), real or bool(truth.any())
            scored.append(score_clip(masks, truth, void if void.any() else None))
        scores = ClipScores(*(np.concatenate([getattr(part, name) for part in scored]) for name in ("j", "f")))
        series = {"j": scores.j.tolist(), "f": scores.f.tolist(), "score": scores.j_and_f}
        series |= {"found": found, "real": real}
        items.append(base_item(row) | series)
    return items


def summarise(items: Sequence[Item]) -> Table:
    """A line for each kind of expression, where there are several, and "all": the means over the expressions; with
    N-acc. and T-acc. where some of them have no target."""
    kinds = sorted({item["kind"] for item in items})
    groups = {kind: [item for item in items if item["kind"] == kind] for kind in kinds if len(kinds) > 1}
    return {name: _line(group) for name, group in {**groups, "all": list(items)}.items() if group}


def _line(items: Sequence[Item]) -> dict[str, float]:
    j = float(np.mean([np.mean(item["j"]) for item in items]))
    f = float(np.mean([np.mean(item["f"]) for item in items]))
    line: dict[str, float] = {"expressions": len(items), "j": j, "f": f, "j_and_f": (j + f) / 2}
    if not all(item["real"] for item in items):
        accuracies = absence_accuracies([(item["found"], item["real"]) for item in items])
        line |= {name: accuracies[name] for name in ("n_acc", "t_acc")}
    return line
