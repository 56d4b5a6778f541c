"""Fonts for the letters of a text."""

import pytest
from PIL import ImageFont

from refsam_hf.video import fonts


def test_pillows_own_font_for_plain_text() -> None:
    assert fonts.font_for("the red car", 16) is fonts.own_font(16)


def test_a_font_of_the_system_for_other_letters() -> None:
    try:
        ImageFont.truetype("DejaVuSans.ttf", 16)
    except OSError:
        pytest.skip("this system does not have the font")
    font = fonts.font_for("größte", 16)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert font.getname()[0] != fonts.own_font(16).getname()[0]  # type: ignore[union-attr]


def test_a_system_without_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "SYSTEM_FONTS", ("no such font.ttf",))
    assert fonts.font_for("größte", 16) is fonts.own_font(16)
