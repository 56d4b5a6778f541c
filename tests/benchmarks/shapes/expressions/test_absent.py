"""Texts are read from their words alone; that nothing is on the named side is checked on the objects' centres."""

import re
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes import ShapesClip, generate_clip
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.expressions.absent import describe_absent
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject
from refsam_hf.benchmarks.shapes.vocabulary import COLOUR_NAMES, SHAPES, UNSEEN_PAIRS, WORDS

MakeObject = Callable[..., ShapeObject]
MakeScene = Callable[..., Scene]
ClipsOf = Callable[[str], list[ShapesClip]]

FRAMES = 12
KINDS = ("appearance", "relation", "motion", "reappearance", "absent")
TEXTURES = {"plain": "plain", "solid": "plain"}
TEXTURES |= dict.fromkeys(("striped", "stripes"), "striped") | dict.fromkeys(
    ("dotted", "dots", "spotted", "spots"), "dotted"
)
SIZES = {**dict.fromkeys(("small", "little"), (0.0, 0.15)), **dict.fromkeys(("large", "big"), (0.155, 1.0))}
COMPARED = {"larger", "bigger", "smaller"}
NOUNS = {shape: shape for shape in SHAPES} | {shape + "s": shape for shape in SHAPES} | {"crosses": "cross"}
SILENT = {
    *COMPARED,
    "of",
    "two",
    "objects",
    "things",
    "shapes",
    "ones",
    "the",
    "in",
    "with",
    "that",
    "is",
    "object",
    "thing",
    "shape",
    "one",
}
DIRECTIONS = {"left": (0, -1), "right": (0, 1), "above": (1, -1), "over": (1, -1), "below": (1, 1), "under": (1, 1)}
PLACE = re.compile(r"(.+?) (?:that is )?(?:to the )?(left of|right of|above|over|below|under) (.+)")


def may_be(words: str, item: ShapeObject) -> bool:
    """Whether every word of a phrase may be true of an object."""
    for word in words.split():
        if word in SIZES:
            low, high = SIZES[word]
            good = low < item.radius < high
        elif word in TEXTURES:
            good = item.texture == TEXTURES[word]
        else:
            assert word in SILENT or word in COLOUR_NAMES or word in NOUNS, words
            good = word in SILENT or word == item.colour or NOUNS.get(word) == item.shape
        if not good:
            return False
    return True


def fitting(words: str, objects: tuple[ShapeObject, ...]) -> list[int]:
    return [i for i, item in enumerate(objects) if may_be(words, item)]


def miss_of(text: str, scene: Scene, num_frames: int = FRAMES) -> str:
    """Checks that `text` is true of nothing in `scene`, and says why it is not."""
    place = PLACE.fullmatch(text)
    if place:
        head, word, name = place.groups()
        (anchor,) = fitting(name, scene.objects)
        axis, sign = DIRECTIONS[word.split()[0]]
        ids = fitting(head, scene.objects)
        assert len(ids) > 1, text  # with a head of one object alone, its head would tell
        assert anchor not in ids, text
        for i in ids:
            for t in range(num_frames):
                at, other = scene.objects[i].motion.position(t), scene.objects[anchor].motion.position(t)
                along, across = sign * (at[axis] - other[axis]), abs(at[1 - axis] - other[1 - axis])
                assert along < -0.04 or across > 3 * abs(along), text
        return "place"
    assert not fitting(text, scene.objects), (text, scene.objects)
    (colour,) = [word for word in text.split() if word in COLOUR_NAMES] or [None]
    (shape,) = [NOUNS[word] for word in text.split() if word in NOUNS] or [None]
    known = [
        colour is None or any(item.colour == colour for item in scene.objects),
        shape is None or any(item.shape == shape for item in scene.objects),
        *(any(may_be(word, item) for item in scene.objects) for word in text.split() if word in TEXTURES),
    ]
    if not all(known):
        return "word"
    if any(colour in (None, item.colour) and shape in (None, item.shape) for item in scene.objects):
        return "texture" if TEXTURES.keys() & set(text.split()) else "size"
    return "pair"


def absences(clip: ShapesClip) -> list[str]:
    return [expression.text for expression in clip.expressions if expression.kind == "absent"]


@pytest.fixture(scope="module")
def clips(clips_of: ClipsOf) -> list[ShapesClip]:
    return [clip for kind in KINDS for clip in clips_of(kind)[:20]]


def test_two_or_three_in_every_scene_and_true_of_nothing(clips: list[ShapesClip]) -> None:
    for clip in clips:
        texts = absences(clip)
        assert 2 <= len(texts) <= 3
        assert len(set(texts)) == len(texts)
        for expression in clip.expressions:
            if expression.kind == "absent":
                assert expression.object_ids == ()
                assert expression.decidable_from == 0
                assert (len(expression.candidates) >= 2) == (len(expression.anchors) == 1)
                assert bool(expression.anchors) == (miss_of(expression.text, clip.scene) == "place")
                miss_of(expression.text, clip.scene)
            else:
                assert expression.object_ids


def test_most_are_near_misses_and_every_miss_occurs(clips: list[ShapesClip]) -> None:
    misses = Counter(miss_of(text, clip.scene) for clip in clips for text in absences(clip))
    assert set(misses) == {"pair", "texture", "size", "word", "place"}
    assert misses["word"] < 0.35 * misses.total()  # which one is all that is left to say where all are of one look
    assert misses["pair"] == max(misses.values())
    moving = {clip.scene.kind for clip in clips for text in absences(clip) if PLACE.fullmatch(text)}
    assert moving <= {"appearance", "relation", "absent"}


def test_every_word_is_in_the_vocabulary(clips: list[ShapesClip]) -> None:
    assert {word for clip in clips for text in absences(clip) for word in text.split()} <= set(WORDS)


def test_they_are_worded_as_what_is_there(clips: list[ShapesClip], clips_of: ClipsOf) -> None:
    """No word gives absence away, and neither does the article."""
    all_clips = [clip for kind in KINDS for clip in clips_of(kind)]
    there = [e.text for clip in all_clips for e in clip.expressions if e.kind in ("appearance", "relation")]
    missing = [text for clip in clips for text in absences(clip)]
    assert {word for text in missing for word in text.split()} <= {word for text in there for word in text.split()}
    with_article = [np.mean([text.startswith("the ") for text in texts]) for texts in (there, missing)]
    assert abs(with_article[0] - with_article[1]) < 0.15


def _named_pairs(text: str) -> set[tuple[str, str]]:
    return {pair for pair in UNSEEN_PAIRS if set(pair) <= set(text.split())}


def test_pairs_that_training_never_shows_are_named_only_where_one_is_shown(clips: list[ShapesClip]) -> None:
    texts = [text for clip in clips for text in absences(clip) if not PLACE.fullmatch(text)]
    assert not {pair for text in texts for pair in _named_pairs(text)}
    named = total = 0
    for index in range(50):
        clip = generate_clip("test-unseen", index, num_frames=2, size=(48, 64))
        for text in absences(clip):
            if miss_of(text, clip.scene, 2) in ("pair", "word") and any(shape in text for shape in SHAPES):
                named += bool(_named_pairs(text))
                total += 1
    assert named > 0.3 * total > 5


def test_the_same_is_said_again(clips_of: ClipsOf) -> None:
    again = generate_clip("test", 0, kind="appearance", num_frames=FRAMES, size=(48, 64))
    assert again.expressions == clips_of("appearance")[0].expressions


def _said(scene: Scene, visible: np.ndarray | None = None) -> set[str]:
    visible = np.ones((len(scene.objects), 4)) if visible is None else visible
    return {e.text for number in range(60) for e in describe_absent(scene, visible, Draws(number))}


@pytest.mark.parametrize(
    ("kind", "x", "shown", "expected"),
    [
        ("appearance", 0.5, 1.0, True),
        ("motion", 0.5, 1.0, False),  # things move there
        ("appearance", 0.98, 1.0, False),  # hardly left of the square: in doubt
        ("appearance", 0.5, 0.1, False),  # a circle that cannot be seen
    ],
)
def test_a_side_on_which_nothing_is(
    make_object: MakeObject, make_scene: MakeScene, kind: str, x: float, shown: float, expected: bool
) -> None:
    circles = make_object(at=(0.4, 0.5)), make_object(at=(x, 0.5))
    scene = make_scene(*circles, make_object("blue", "square", at=(1.0, 0.5)), kind=kind)
    visible = np.ones((3, 4))
    visible[1] = shown
    texts = [
        text
        for text in _said(scene, visible)
        if re.search(r"(?:circle|red \w+) (?:that is )?(?:to the )?right of the", text)
    ]
    assert bool(texts) is expected


def test_one_object_alone_is_told_from_what_is_missing(make_object: MakeObject, make_scene: MakeScene) -> None:
    """Nothing can be put together anew where all share colour and shape: other textures and words remain."""
    scene = make_scene(make_object(at=(0.4, 0.5)), make_object(at=(1.4, 0.5)))
    texts = _said(scene)
    assert texts
    assert {miss_of(text, scene) for text in texts} == {"texture", "size", "word"}
