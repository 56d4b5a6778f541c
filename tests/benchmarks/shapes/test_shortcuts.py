"""Of the look-alikes, nothing but the words says which one is meant: neither its size, its place nor its depth."""

import math
from collections import Counter
from collections.abc import Callable, Sequence

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
