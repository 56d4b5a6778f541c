"""Appearance words are not enough: who knows them alone, and takes any object that fits them, is right half the time.

The oracle reads the words of an expression itself and shares nothing with the code that wrote it.
"""

import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes import Expression, ShapesClip
from refsam_hf.benchmarks.shapes.dataset import own_expressions
from refsam_hf.benchmarks.shapes.scene import ShapeObject
from refsam_hf.evaluation.by_kind import score_expression

ClipsOf = Callable[[str], list[ShapesClip]]
Fitting = Callable[[str, Sequence[ShapeObject]], list[int]]

KINDS = ("relation", "motion", "reappearance")
PICKS = 10  # of each expression, so that the mean is that of the clips and not of the dice


def _asked(clips: list[ShapesClip]) -> list[tuple[ShapesClip, Expression]]:
    """What the benchmark asks for."""
    return [(clip, expression) for clip in clips for expression in own_expressions(clip)]


def _j(clip: ShapesClip, expression: Expression, picked: int) -> float:
    """The mean J of one object's own masks over the frames that count: from the one on that decides, and for
    reappearance only where the target is seen."""
    (target,) = expression.object_ids
    truth, prediction = (clip.masks[number - 1][expression.decidable_from :] for number in (target, picked))
    overlap, union = ((truth & prediction).sum(axis=(1, 2)), (truth | prediction).sum(axis=(1, 2)))
    values = np.where(union > 0, overlap / np.maximum(union, 1), 1.0)
    return float(values[truth.any(axis=(1, 2))].mean() if expression.kind == "reappearance" else values.mean())


@pytest.mark.parametrize("kind", KINDS)
def test_appearance_words_alone_give_little_more_than_half(clips_of: ClipsOf, fitting: Fitting, kind: str) -> None:
    dice = random.Random(0)
    values = []
    for clip, expression in _asked(clips_of(kind)):
        assert expression.kind == kind
        fits = fitting(expression.text, clip.scene.objects)
        assert len(fits) > 1, f"the words of {expression} give it away"
        assert set(expression.object_ids) < set(fits), f"the words of {expression} are not true of it"
        scores = {number: _j(clip, expression, number) for number in fits}
        values += [scores[dice.choice(fits)] for _ in range(PICKS)]
    assert len(values) > 100 * PICKS
    assert 0.3 < np.mean(values) <= 0.55


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_told_which_one_is_right_everywhere(clips_of: ClipsOf, kind: str) -> None:
    for clip, expression in _asked(clips_of(kind)):
        (target,) = expression.object_ids
        truth = clip.masks[target - 1]
        assert score_expression(kind, expression.decidable_from, truth, truth).j_mean == 1.0
        assert _j(clip, expression, target) == 1.0


def test_appearance_expressions_are_found_by_their_words(clips_of: ClipsOf, fitting: Fitting) -> None:
    """The same oracle on expressions that it can read: the kinds above are not out of reach for another reason."""
    asked = [(clip, e) for clip, e in _asked(clips_of("appearance")) if set(e.text.split()) <= READABLE]
    assert len(asked) > 30
    for clip, expression in asked:
        assert fitting(expression.text, clip.scene.objects) == list(expression.object_ids)


READABLE = {"the", "red", "green", "blue", "yellow", "white", "orange", "purple", "cyan", "plain", "solid", "striped"}
READABLE |= {"dotted", "spotted", "circle", "square", "triangle", "star", "ring", "cross"}
