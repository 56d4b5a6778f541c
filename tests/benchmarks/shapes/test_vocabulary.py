import numpy as np
import pytest

from refsam_hf.benchmarks.shapes.vocabulary import COLOURS, SECOND_TONE, SHAPES, UNSEEN_PAIRS, WORDS, plural


def test_words_are_single_lower_case_and_named_once() -> None:
    assert len(set(WORDS)) == len(WORDS)
    assert all(word.isalpha() and word == word.lower() for word in WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "the larger of the two blue rings",
        "the circle left of the blue square",
        "the second square from the left",
        "the square that moves up",
        "the one that turns around",
        "the cross that is hidden behind the star and comes back",
    ],
)
def test_words_cover_every_kind(text: str) -> None:
    assert set(text.split()) <= set(WORDS)


def test_every_shape_has_its_plural_among_the_words() -> None:
    assert {plural(shape) for shape in SHAPES} <= set(WORDS)
    assert plural("cross") == "crosses"


def test_no_shade_lies_near_one_of_another_colour() -> None:
    for name, anchors in COLOURS.items():
        for other, other_anchors in COLOURS.items():
            if name != other:
                gaps = [np.abs(np.subtract(a, b)).max() for a in anchors for b in other_anchors]
                assert min(gaps) >= 55, (name, other)


def test_every_colour_has_a_second_tone_that_can_be_seen() -> None:
    assert SECOND_TONE.keys() == COLOURS.keys()
    assert all(0.4 <= abs(tone) <= 0.6 for tone in SECOND_TONE.values())


def test_unseen_pairs_leave_every_colour_and_shape_to_train() -> None:
    """Only the pairs are new: each colour comes with all other shapes, each shape with most colours."""
    assert {colour for colour, _ in UNSEEN_PAIRS} == COLOURS.keys()
    assert {shape for _, shape in UNSEEN_PAIRS} == set(SHAPES)
    assert len(UNSEEN_PAIRS) == len(COLOURS)
