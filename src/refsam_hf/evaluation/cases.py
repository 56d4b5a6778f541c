"""Single cases to look at: how an expression was segmented, as a strip of some of its frames."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..files.written_aside import written_aside
from ..video.caption import DIM, GROUND, Caption
from ..video.fonts import own_font
from ..video.overlay import fill_masks, outline_masks, resize, view_size
from .results import ExpressionResult

TILES = 6
LARGEST_TILE = 320  # pixels
GAP, LETTERS = 6, 18
TRUTH, PREDICTION = (60, 255, 90), (255, 20, 147)  # no object of the benchmark is pink
FILL, LINE = 0.75, 2
INK = (235, 236, 240)


@dataclass(frozen=True, eq=False)
class Case:
    """One expression of a clip, drawn.

    Attributes:
        name: of the clip.
        kind, text: of the expression.
        j: the mean of `measure` over the frames that are scored.
        frames: the numbers of the frames that are shown, evenly spread over the clip.
        scored: for each of them whether it counts in `j`.
        tiles: uint8 (len(frames), h, w, 3): the true mask as a contour over the predicted one as a fill.
        measure: what it is scored by.
    """

    name: str
    kind: str
    text: str
    j: float
    frames: tuple[int, ...]
    scored: tuple[bool, ...]
    tiles: np.ndarray
    measure: str = "J"


def draw_case(name: str, result: ExpressionResult) -> Case:
    """The case of a result of which at least one frame is scored."""
    frames = result.clip.frames
    shown = np.unique(np.linspace(0, len(frames) - 1, TILES).round().astype(int))
    height, width = view_size(*frames.shape[1:3], largest=LARGEST_TILE)
    truth, tiles = result.truth, []
    for t in shown:
        frame, masks = resize(frames[t], np.stack([result.masks[t], truth[t]]), height, width)
        filled = fill_masks(frame, masks[:1], np.array([PREDICTION], np.uint8), FILL)
        tiles.append(outline_masks(filled, masks[1:], np.array([TRUTH], np.uint8), LINE))
    scores = result.scores
    return Case(
        name=name,
        kind=result.expression.kind,
        text=result.expression.text,
        j=scores.j_mean,
        frames=tuple(int(t) for t in shown),
        scored=tuple(bool(scores.scored[t]) for t in shown),
        tiles=np.stack(tiles),
    )


def pick_cases(cases: Sequence[Case], count: int, per_kind: int, *, best: bool) -> list[Case]:
    """The `count` cases of highest J, or of lowest, at most `per_kind` of a kind, in order; of equal ones the first.

    While cases come in, only those picked so far have to be kept: picking among them and a new one gives the same.
    """
    picked: list[Case] = []
    for case in sorted(cases, key=lambda case: case.j, reverse=best):
        if len(picked) < count and sum(other.kind == case.kind for other in picked) < per_kind:
            picked.append(case)
    return picked


def write_case_sheet(path: str | os.PathLike[str], cases: Sequence[Case]) -> None:
    """Writes a PNG with one strip per case, one under the other.

    Raises:
        ValueError: no case.
        OSError: the path cannot be written to.
    """
    from PIL import Image, ImageDraw

    if not cases:
        raise ValueError(f"{path}: expected at least one case to draw, got none")
    font, line = own_font(LETTERS), LETTERS + LETTERS // 2
    tiles = max(len(case.frames) for case in cases)
    height, width = (max(case.tiles.shape[axis] for case in cases) for axis in (1, 2))
    total = tiles * (width + GAP) + GAP
    legend = Caption(
        ["the true mask, as a contour", "the predicted one, filled"],
        np.array([TRUTH, PREDICTION], np.uint8),
        total,
        size=LETTERS,
        scores=False,
    )
    strip = 2 * line + height + 2 * GAP  # words, frames, their numbers
    sheet = Image.new("RGB", (total, legend.height + len(cases) * strip), GROUND)
    sheet.paste(Image.fromarray(legend.draw()), (0, 0))
    draw = ImageDraw.Draw(sheet)
    for row, case in enumerate(cases):
        top = legend.height + row * strip + GAP
        draw.text(
            (GAP, top + line / 2), f"{case.measure} {case.j:.2f}   {case.kind}   {case.text!r}", INK, font, anchor="lm"
        )
        draw.text((total - GAP, top + line / 2), case.name, DIM, font, anchor="rm")
        for place, (t, scored, tile) in enumerate(zip(case.frames, case.scored, case.tiles, strict=True)):
            left = GAP + place * (width + GAP)
            sheet.paste(Image.fromarray(tile), (left, top + line))
            label = f"frame {t}" if scored else f"frame {t}, not scored"
            draw.text((left + 2, top + line + tile.shape[0] + line / 2), label, DIM, font, anchor="lm")
    with written_aside(path) as aside:
        sheet.save(aside, format="PNG")
