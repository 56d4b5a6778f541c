"""The benchmark "shapes", kind by kind of expression, as `..by_kind` says."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..by_kind import ExpressionScores
from ..by_kind import summarise as summarise_kinds
from ..text_table import SCORE_COLUMNS
from .protocol import Item, Predicted, Protocol, Row, Table, Truth, base_item

SERIES = ("counted", "visible", "empty")


def score_video(rows: Sequence[Row], predictions: Mapping[str, Predicted], truth_of: Truth) -> list[Item]:
    """The items of one clip, which is drawn anew: what else is spoken of in it stands in no row."""
    from ...benchmarks.shapes.address import parse_uri
    from ...benchmarks.shapes.clip import draw_clip
    from ..results import score_masks

    clip = draw_clip(parse_uri(rows[0]["clip"]))
    items = []
    for row in rows:
        said = (row["expression"], tuple(row["object_ids"]), row["kind"])
        meant = [own for own in clip.expressions if (own.text, tuple(own.object_ids), own.kind) == said]
        if not meant:
            raise ValueError(f"{row['video_id']}: expected an expression of the clip, got {row['expression']!r}")
        predicted = predictions.get(row["expression_id"])
        height, width = clip.frames.shape[1:3]
        if predicted is None:
            masks = np.zeros((len(clip.frames), height, width), np.bool_)
        else:
            masks = predicted.decode(row, height, width)
        scores = score_masks(clip, meant[0], masks)
        j, f = (series if predicted is not None else np.zeros_like(series) for series in (scores.j, scores.f))
        scored = scores.scored if scores.scored.any() else scores.counted
        items.append(
            base_item(row)
            | {name: getattr(scores, name).tolist() for name in SERIES}
            | {"j": j.tolist(), "f": f.tolist(), "j_swapped": list(scores.j_swapped), "scored": scored.tolist()}
            | {"score": float((j[scored].mean() + f[scored].mean()) / 2)}
        )
    return items


def summarise(items: Sequence[Item]) -> Table:
    """The table of `by_kind.summarise`."""
    return summarise_kinds(
        [
            ExpressionScores(
                kind=item["kind"],
                **{name: np.array(item[name], np.bool_) for name in SERIES},
                j=np.array(item["j"]),
                f=np.array(item["f"]),
                j_swapped=tuple(item["j_swapped"]),
            )
            for item in items
        ]
    )


PROTOCOL = Protocol(
    name="shapes",
    rule='J and F of each expression over the frames from which it can be decided, kind by kind; "all" weighs the '
    'kinds as the benchmark mixes them, without "absent".',
    score_video=score_video,
    summarise=summarise,
    columns=SCORE_COLUMNS,
)
