"""A font that can show a text."""

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

# Looked for where the system keeps its fonts: the first that has most letters of a text is taken.
SYSTEM_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "arial.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "PingFang.ttc",
    "msyh.ttc",
)


def font_for(text: str, size: int) -> "FreeTypeFont | ImageFont":
    """A font of `size` pixels that has the letters of `text`, or as many of them as any; boxes stand for the others.

    Pillow's own font, which is always there, has little beyond ASCII.
    """
    letters = {letter for letter in text if not letter.isascii()}
    best, most = own_font(size), 0
    for name in SYSTEM_FONTS if letters else ():
        font = _system_font(name, size)
        shown = 0 if font is None else sum(_shows(font, letter) for letter in letters)
        if font is not None and shown > most:
            best, most = font, shown
        if most == len(letters):
            break
    return best


@functools.lru_cache(maxsize=16)
def own_font(size: int) -> "FreeTypeFont | ImageFont":
    """The font that comes with Pillow."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


@functools.lru_cache(maxsize=64)
def _system_font(name: str, size: int) -> "FreeTypeFont | None":
    from PIL import ImageFont

    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


def _shows(font: "FreeTypeFont", letter: str) -> bool:
    """Whether a font has a letter, and not only the sign for those that it has not."""
    return bytes(font.getmask(letter)) != bytes(font.getmask("\U0010ffff"))
