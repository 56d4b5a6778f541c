"""The strip above a picture that says which colour stands for which expression."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .fonts import font_for, own_font

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

GROUND = (24, 25, 30)
DIM = (150, 152, 160)
MAX_LINES = 3  # of one expression
MAX_LETTERS = 500  # more than three lines can hold


class Caption:
    """A strip of one entry per expression: a square in its colour, its text, and its score.

    The strip stands above the picture, so that it hides nothing of it; its layout stays the same over all frames.

    Args:
        texts: the expressions, in any language or length: what is too long is wrapped, then shortened.
        colours: uint8 (E, 3).
        width: of the picture, in pixels.
        size: of the letters, in pixels.
        scores: leave room for a score behind each text.
    """

    def __init__(self, texts: Sequence[str], colours: np.ndarray, width: int, *, size: int, scores: bool) -> None:
        self.width = width
        self._colours = [(int(red), int(green), int(blue)) for red, green, blue in colours]
        self._line = math.ceil(size * 1.45)
        self._pad = math.ceil(size * 0.55)
        self._swatch = math.ceil(size * 0.72)
        self._outline = max(1, size // 9)
        self._score_font = own_font(size)
        self._score_width = math.ceil(self._score_font.getlength("  0.00")) if scores else 0
        texts = [_clean(text) for text in texts]
        self._fonts = [font_for(text, size) for text in texts]
        room = width - 3 * self._pad - self._swatch - self._score_width
        self._entries = [_wrap(text, room, font.getlength) for text, font in zip(texts, self._fonts, strict=True)]
        self._places, rows = self._layout()
        self.height = rows * self._line + self._pad

    def draw(self, scores: np.ndarray | None = None, present: np.ndarray | None = None) -> np.ndarray:
        """The strip, uint8 (height, width, 3).

        Args:
            scores: (E,).
            present: bool (E,): whether the object is in the frame; the square of one that is not is hollow.
        """
        from PIL import Image, ImageDraw

        image = Image.new("RGB", (self.width, self.height), GROUND)
        draw = ImageDraw.Draw(image)
        for index, lines in enumerate(self._entries):
            left, row = self._places[index]
            colour, font = self._colours[index], self._fonts[index]
            top = self._pad // 2 + row * self._line
            self._square(draw, left, top, colour, filled=present is None or bool(present[index]))
            left += self._swatch + self._pad
            for number, line in enumerate(lines):
                middle = top + (number + 0.5) * self._line
                draw.text((left, middle), line, colour, font, anchor="lm")
            if self._score_width and scores is not None:
                place = left + font.getlength(lines[-1]), middle
                draw.text(place, f"  {scores[index]:.2f}", DIM, self._score_font, anchor="lm")
        return np.asarray(image)

    def _layout(self) -> tuple[list[tuple[int, int]], int]:
        """Where each entry starts, (x, row), and how many rows there are: side by side while there is room."""
        places: list[tuple[int, int]] = []
        left, row = self._pad, 0
        for lines, font in zip(self._entries, self._fonts, strict=True):
            text = math.ceil(max(font.getlength(line) for line in lines))
            width = self._swatch + self._pad + text + self._score_width
            if places and (left + width > self.width - self._pad or len(lines) > 1):
                left, row = self._pad, row + 1
            places.append((left, row))
            left += width + 2 * self._pad
            if len(lines) > 1:
                left, row = self.width, row + len(lines) - 1
        return places, row + 1

    def _square(self, draw: "ImageDraw", left: int, top: int, colour: tuple[int, int, int], *, filled: bool) -> None:
        above = top + (self._line - self._swatch) // 2
        box = (left, above, left + self._swatch - 1, above + self._swatch - 1)
        draw.rectangle(box, fill=colour if filled else None, outline=colour, width=self._outline)


def _clean(text: str) -> str:
    """One line that any font takes: no line breaks, and no halves of characters."""
    return " ".join(text[:MAX_LETTERS].encode("utf-8", "replace").decode("utf-8").split())


def _wrap(text: str, room: float, length: Callable[[str], float]) -> list[str]:
    """The text in lines of at most `room`, at most `MAX_LINES` of them; "..." stands for what is left out."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if length(longer) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > MAX_LINES:
        lines = [*lines[: MAX_LINES - 1], " ".join(lines[MAX_LINES - 1 :])]
    return [_shorten(line, room, length) for line in lines]


def _shorten(line: str, room: float, length: Callable[[str], float]) -> str:
    if length(line) <= room:
        return line
    while line and length(line + "...") > room:
        line = line[:-1]
    return line.rstrip() + "..."
