"""The strip of expressions above a picture."""

import numpy as np
import pytest

from refsam_hf.video.caption import GROUND, Caption, _clean
from refsam_hf.video.overlay import object_colours


def strip(texts: list[str], width: int = 640, **settings: bool) -> Caption:
    return Caption(texts, object_colours(len(texts)), width, size=16, scores=settings.get("scores", True))


def test_each_text_stands_there_in_its_colour() -> None:
    caption = strip(["the red car", "the man"])
    picture = caption.draw(np.array([0.5, 0.25]))
    assert picture.shape == (caption.height, 640, 3)
    assert picture.dtype == np.uint8
    for colour in object_colours(2):
        assert (picture == colour).all(axis=-1).sum() > 100
    assert (picture[0] == GROUND).all()


def test_an_object_out_of_sight_has_a_hollow_square() -> None:
    caption = strip(["a"])
    seen, gone = (caption.draw(np.array([0.5]), np.array([present])) for present in (True, False))
    colour = object_colours(1)[0]
    assert (seen == colour).all(axis=-1).sum() > (gone == colour).all(axis=-1).sum() + 40


def test_scores_change_and_the_layout_stays() -> None:
    caption = strip(["a", "b"])
    one, other = caption.draw(np.array([0.11, 0.5])), caption.draw(np.array([0.99, 0.5]))
    columns = np.flatnonzero((one != other).any(axis=(0, 2)))
    assert 0 < len(columns) < 40  # the first score alone
    quiet = strip(["a", "b"], scores=False)
    np.testing.assert_array_equal(quiet.draw(np.array([0.5, 0.5])), quiet.draw(None))


def test_long_texts_are_wrapped_and_then_shortened() -> None:
    one = strip(["word"]).height
    assert strip(["word " * 30]).height > one
    longest = strip(["word " * 10_000]).height
    assert longest <= 3 * one
    assert strip(["w" * 100_000]).height == one


def test_several_entries_share_a_row_while_there_is_room() -> None:
    assert strip(["a", "b", "c"]).height == strip(["a"]).height
    assert strip(["a", "b", "c"], width=120).height > strip(["a"], width=120).height


@pytest.mark.parametrize(
    "text", ["das größte Ding — 青い四角 🚗", "مربع", "\ud800 half a character", "two\nlines\x00", "", " " * 9]
)
@pytest.mark.parametrize("width", [640, 8])
def test_any_text_and_any_width(text: str, width: int) -> None:
    caption = strip([text, "x"], width=width)
    assert caption.draw(np.array([0.5, 0.5])).shape == (caption.height, width, 3)


def test_halves_of_characters_and_line_breaks_are_replaced() -> None:
    assert _clean(" a\ud800\n b ") == "a? b"
