"""The texts are read back by a reader of their own, which shares nothing with the code that wrote them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes.clip import ShapesClip, generate_clip
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.expressions.appearance import describe_appearance
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject
from refsam_hf.benchmarks.shapes.vocabulary import WORDS

MakeObject = Callable[..., ShapeObject]
MakeScene = Callable[..., Scene]

COLOURS = {"red", "green", "blue", "yellow", "white", "orange", "purple", "cyan"}
NOUNS = {name: name for name in ("circle", "square", "triangle", "star", "ring", "cross")}
NOUNS |= {f"{name}s": name for name in NOUNS} | {"crosses": "cross"}
TEXTURES = {"plain": "plain", "solid": "plain", "striped": "striped", "stripes": "striped"}
TEXTURES |= dict.fromkeys(("dotted", "dots", "spotted", "spots"), "dotted")
COMPARATIVES = {"larger", "bigger", "smaller"}
SILENT = {"the", "of", "two", "one", "in", "with", "that", "is"}
SILENT |= {"object", "thing", "shape"}


# Each size word: the radii of which it is surely true, and those of which it may be.
SIZES: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    **dict.fromkeys(("small", "little"), ((0.0, 0.12), (0.0, 0.15))),
    **dict.fromkeys(("large", "big"), ((0.19, 1.0), (0.155, 1.0))),
}


def _agrees(word: str, item: ShapeObject, sure: bool) -> bool:
    if word in COLOURS:
        return item.colour == word
    if word in NOUNS:
        return item.shape == NOUNS[word]
    if word in TEXTURES:
        return item.texture == TEXTURES[word]
    if word in SIZES:
        low, high = SIZES[word][0 if sure else 1]
        return low < item.radius < high
    assert word in SILENT | COMPARATIVES, word
    return True


def read(text: str, objects: tuple[ShapeObject, ...]) -> tuple[list[int], list[int]]:
    """The ids of which `text` is surely true, and of which it may be."""
    words = text.split()
    sure, possible = (
        [i for i, item in enumerate(objects, start=1) if all(_agrees(word, item, certain) for word in words)]
        for certain in (True, False)
    )
    compared = COMPARATIVES.intersection(words)
    if compared:
        assert len(possible) == 2, text
        smaller, larger = sorted(possible, key=lambda i: objects[i - 1].radius)
        assert objects[larger - 1].radius >= 1.3 * objects[smaller - 1].radius
        sure = possible = [smaller if compared == {"smaller"} else larger]
    return sure, possible


def _drawn(index: int, kind: str) -> ShapesClip:
    clip = generate_clip("test", index, kind=kind, num_frames=4, size=(48, 64))
    return replace(clip, expressions=[e for e in clip.expressions if e.kind == "appearance"])


# Scenes of every kind have expressions of this one; most of them are laid out for it.
CLIPS = [_drawn(index, "appearance") for index in range(110)]
CLIPS += [_drawn(index, kind) for kind in ("relation", "motion", "reappearance", "absent") for index in range(10)]


def _texts() -> list[str]:
    return [expression.text for clip in CLIPS for expression in clip.expressions]


def test_every_expression_is_true_of_its_object_alone() -> None:
    for clip in CLIPS:
        # elsewhere look-alikes of all that there is are laid out on purpose
        assert clip.expressions or clip.scene.kind != "appearance"
        for expression in clip.expressions:
            sure, possible = read(expression.text, clip.scene.objects)
            assert sure == possible == list(expression.object_ids), (expression, clip.scene.objects)
            assert expression.decidable_from == 0
            assert (expression.candidates, expression.anchors) == (expression.object_ids, ())


def test_every_word_is_in_the_vocabulary() -> None:
    assert {word for text in _texts() for word in text.split()} <= set(WORDS)


def test_every_attribute_and_way_of_speaking_occurs() -> None:
    words = {word for text in _texts() for word in text.split()}
    assert words >= COLOURS
    assert words >= set(TEXTURES)
    assert words >= {"small", "little", "large", "big", "larger", "bigger", "smaller"}
    assert words >= {"circle", "square", "triangle", "star", "ring", "cross", "object", "thing", "shape", "one"}
    joined = "\n".join(_texts())
    for piece in ("of the two", " that is ", " in ", " with "):
        assert piece in joined


def test_the_named_object_can_be_seen() -> None:
    def rough_area(clip: ShapesClip, number: int) -> float:
        return 3.1416 * (clip.scene.objects[number - 1].radius * 48) ** 2

    for clip in CLIPS:
        for expression in clip.expressions:
            (number,) = expression.object_ids
            seen = clip.masks[number - 1].sum(axis=(1, 2))
            assert (seen >= 0.25 * 0.3 * rough_area(clip, number)).all()  # a star covers a third of its circle


def test_most_objects_are_spoken_of_and_no_text_comes_twice() -> None:
    described = total = 0
    for clip in CLIPS:
        texts = [expression.text for expression in clip.expressions]
        assert len(set(texts)) == len(texts)
        if clip.scene.kind in ("appearance", "absent"):  # elsewhere some are twins, or out of sight, on purpose
            described += len({expression.object_ids for expression in clip.expressions})
            total += len(clip.scene.objects)
    assert described / total > 0.95


def test_most_texts_are_needed_in_full() -> None:
    """Colour and shape lead, and in many clips one word of the two would fit another object as well."""
    needed: Counter[bool] = Counter()
    for clip in CLIPS:
        for expression in clip.expressions:
            words = [word for word in expression.text.split() if word in COLOURS or word in NOUNS]
            if len(words) == 2 and len(expression.text.split()) <= 3:
                needed[any(len(read(word, clip.scene.objects)[1]) > 1 for word in words)] += 1
    assert needed[True] > needed[False]


def test_only_what_tells_apart_is_said(make_object: MakeObject, make_scene: MakeScene) -> None:
    scene = make_scene(make_object("red", "star", "striped"), make_object("red", "star", "dotted"))
    for number in range(20):
        for expression in describe_appearance(scene, np.ones((2, 2)), Draws(number)):
            assert set(expression.text.split()) & set(TEXTURES)


def test_hidden_objects_and_twins_are_not_spoken_of(make_object: MakeObject, make_scene: MakeScene) -> None:
    scene = make_scene(make_object("red"), make_object("red"), make_object("blue"), make_object("green"))
    visible = np.ones((4, 3))
    visible[3, 2] = 0.1
    assert {e.object_ids for e in describe_appearance(scene, visible, Draws("hidden"))} == {(3,)}


@pytest.mark.parametrize(("rival_seen", "expected"), [(1.0, True), (0.0, False)])
def test_two_are_compared_only_where_both_are_in_sight(
    make_object: MakeObject, make_scene: MakeScene, rival_seen: float, expected: bool
) -> None:
    scene = make_scene(make_object(radius=0.17), make_object(radius=0.125))
    visible = np.ones((2, 3))
    visible[1] = rival_seen
    texts = [e.text for number in range(10) for e in describe_appearance(scene, visible, Draws(number))]
    assert bool(texts) is expected
    assert all("circle" in text and text.split()[1] in ("larger", "bigger", "smaller") for text in texts)
