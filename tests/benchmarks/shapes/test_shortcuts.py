"""Of the look-alikes, nothing but the words says which one is meant: no size, place, depth, number nor haste."""

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes import ShapesClip
from refsam_hf.benchmarks.shapes.dataset import own_expressions
from refsam_hf.benchmarks.shapes.scene import ShapeObject

ClipsOf = Callable[[str], list[ShapesClip]]
Fitting = Callable[[str, Sequence[ShapeObject]], list[int]]

# Who always takes the first of the look-alikes by one of these, or the last, has not read what follows the head.
CUES: dict[str, Callable[[ShapeObject, float], float]] = {
    "size": lambda item, aspect: item.radius,
    "depth": lambda item, aspect: item.depth,
    "x": lambda item, aspect: item.motion.position(0)[0],
    "y": lambda item, aspect: item.motion.position(0)[1],
    "centre": lambda item, aspect: math.dist(item.motion.position(0), (aspect / 2, 0.5)),
}


@pytest.mark.parametrize("kind", ["relation", "motion", "reappearance"])
def test_no_cue_picks_the_target(clips_of: ClipsOf, fitting: Fitting, kind: str) -> None:
    asked = [(clip.scene, expression) for clip in clips_of(kind) for expression in own_expressions(clip)]
    right: Counter[tuple[str, str]] = Counter()
    for scene, expression in asked:
        fits = fitting(expression.text, scene.objects)
        for name, cue in CUES.items():
            values = {number: cue(scene.objects[number - 1], scene.aspect) for number in fits}
            right[name, "least"] += min(fits, key=values.__getitem__) in expression.object_ids
            right[name, "most"] += max(fits, key=values.__getitem__) in expression.object_ids
    assert len(asked) > 100
    # chance is 0.43, and 60 clips leave much to it
    assert max(right.values()) <= 0.65 * len(asked), right


@pytest.mark.parametrize("kind", ["relation", "motion", "reappearance"])
def test_the_number_of_the_target_is_any(clips_of: ClipsOf, fitting: Fitting, kind: str) -> None:
    place: list[float] = []  # of the target among all numbers, from 0 to 1
    least = most = 0
    for clip in clips_of(kind):
        for expression in (expression for expression in clip.expressions if expression.kind == kind):
            (target,) = expression.object_ids
            fits = fitting(expression.text, clip.scene.objects)
            least, most = least + (target == min(fits)), most + (target == max(fits))
            place.append((target - 1) / (len(clip.scene.objects) - 1))
    assert 0.4 < np.mean(place) < 0.6
    assert max(least, most) <= 0.6 * len(place)


def test_of_what_hides_the_target_is_not_the_only_one_and_not_the_fastest(clips_of: ClipsOf, fitting: Fitting) -> None:
    """Who takes what is gone for four frames, or what moves fastest, has not read what follows the head."""
    alone, fastest = [], []
    for clip in clips_of("reappearance"):
        gone = [number for number, mask in enumerate(clip.masks, start=1) if "0000" in _seen(mask)]
        paths = np.array([[item.motion.position(t) for t in range(12)] for item in clip.scene.objects])
        haste = np.linalg.norm(np.diff(paths, axis=1), axis=-1).max(axis=1)
        for expression in own_expressions(clip):
            fits = fitting(expression.text, clip.scene.objects)
            alone.append([number for number in fits if number in gone] == list(expression.object_ids))
            fastest.append(max(fits, key=lambda number: haste[number - 1]) in expression.object_ids)
    assert len(alone) > 100
    assert np.mean(alone) <= 0.75
    assert np.mean(fastest) <= 0.75


def _seen(mask: np.ndarray) -> str:
    """One digit per frame: whether a pixel of it is seen."""
    return "".join("1" if seen else "0" for seen in mask.any(axis=(1, 2)))
