"""Frames by models, as papers show them: a column for each frame, a row for each model."""

import math
import os
from collections.abc import Mapping

from ...files.written_aside import written_aside
from ...video.caption import DIM, GROUND
from ...video.fonts import font_for, own_font
from ..cases import GAP, INK, LETTERS
from ..protocols import Predicted
from .views import View

WIDEST = 280  # pixels for the name of a model; what is longer is cut off


def write_grid(
    path: str | os.PathLike[str], view: View, models: Mapping[str, Predicted | None], scores: Mapping[str, float]
) -> None:
    """Writes a PNG: above the expression, then for each model its masks, filled, below the true ones as a contour.

    Args:
        view: the frames.
        models: what each of them found for the expression; None: nothing.
        scores: of each of them for the expression.

    Raises:
        OSError: the path cannot be written to.
    """
    from PIL import Image, ImageDraw

    strips = {name: view.tiles(view.predicted(found)) for name, found in models.items()}
    height, width = next(iter(strips.values()))[0].shape[:2]
    line = LETTERS + LETTERS // 2
    font = own_font(LETTERS)
    margin = min(WIDEST, math.ceil(max(font.getlength(name) for name in models))) + 3 * GAP
    size = margin + len(view.places) * (width + GAP), 2 * line + len(models) * (height + GAP)
    sheet = Image.new("RGB", size, GROUND)
    draw = ImageDraw.Draw(sheet)
    text = f"{view.row['video_id']}: {view.row['expression']}"
    draw.text((GAP, line / 2), text, INK, font_for(text, LETTERS), anchor="lm")
    for place, name in enumerate(view.places):
        left = margin + place * (width + GAP)
        draw.text((left + 2, 1.5 * line), f"frame {name}", DIM, font, anchor="lm")
    for number, (model, tiles) in enumerate(strips.items()):
        top = 2 * line + number * (height + GAP)
        draw.text((GAP, top + height / 2 - line / 2), model, INK, font, anchor="lm")
        if model in scores:
            draw.text((GAP, top + height / 2 + line / 2), f"{scores[model]:.3f}", DIM, font, anchor="lm")
        for place, tile in enumerate(tiles):
            sheet.paste(Image.fromarray(tile), (margin + place * (width + GAP), top))
    with written_aside(path) as aside:
        sheet.save(aside, format="PNG")
