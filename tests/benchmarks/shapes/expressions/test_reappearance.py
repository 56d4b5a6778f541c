"""What an expression says is read from its words, and checked on the masks of the clip and of each object alone."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes import WORDS, Expression, ShapesClip
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.expressions.reappearance import describe_reappearance, hidden_stretch
from refsam_hf.benchmarks.shapes.motion import WaypointMotion
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject

ClipsOf = Callable[[str], list[ShapesClip]]
Fitting = Callable[[str, Sequence[ShapeObject]], list[int]]
OfScene = Callable[[Scene, int], np.ndarray]
MakeObject = Callable[..., ShapeObject]
MakeScene = Callable[..., Scene]

BEHIND = re.compile(r"that (?:goes|hides|passes) behind (the .+)$")
SAYINGS = {
    "behind": BEHIND.pattern,
    "leaves": r"that (leaves( the frame| and comes back)|goes out of the frame)$",
    "hides": r"that (disappears( and comes back)?|is hidden and comes out again|hides)$",
    "left": r"that (starts|is) on the left( at first)?$",
    "right": r"that (starts|is) on the right( at first)?$",
    "top": r"that (starts|is) at the top( at first)?$",
    "bottom": r"that (starts|is) at the bottom( at first)?$",
}
SIDES = {"left": (0, -1), "right": (0, 1), "top": (1, -1), "bottom": (1, 1)}


def saying_of(text: str) -> str:
    (found,) = [name for name, pattern in SAYINGS.items() if re.search(pattern, text)]
    return found


def hidden_frames(mask: np.ndarray) -> list[int]:
    """The frames of the first stretch of four or more without a pixel of a mask (T, H, W)."""
    start = 0
    for seen, frames in groupby(mask.any(axis=(1, 2)).tolist()):
        count = len(list(frames))
        if not seen and count >= 4:
            return list(range(start, start + count))
        start += count
    raise AssertionError("it is never out of sight for four frames")


def said(clips: list[ShapesClip]) -> list[tuple[ShapesClip, Expression]]:
    return [(clip, e) for clip in clips for e in clip.expressions if e.kind == "reappearance"]


def test_the_target_is_hidden_for_four_frames_and_comes_back_among_look_alikes_that_stay(
    clips_of: ClipsOf, fitting: Fitting
) -> None:
    for clip, expression in said(clips_of("reappearance")):
        (target,) = expression.object_ids
        mask = clip.masks[target - 1]
        hidden = hidden_frames(mask)
        assert mask[0].any()
        assert mask[hidden[-1] + 1 :].any(axis=(1, 2)).sum() >= 2
        others = [number for number in fitting(expression.text, clip.scene.objects) if number != target]
        assert others
        for number in others:
            seen = clip.masks[number - 1].any(axis=(1, 2))
            assert seen[0]
            assert seen.sum() >= 11


def test_the_words_are_true_of_the_target_alone_and_from_their_frame_on(
    clips_of: ClipsOf, fitting: Fitting, measured: OfScene, drawn_alone: OfScene
) -> None:
    for clip, expression in said(clips_of("reappearance")):
        (target,) = expression.object_ids
        objects, saying = clip.scene.objects, saying_of(expression.text)
        fits = fitting(expression.text, objects)
        gone = hidden_frames(clip.masks[target - 1])[0]
        alone = drawn_alone(clip.scene, 12)[target - 1]
        if saying in SIDES:
            axis, sign = SIDES[saying]
            starts = sign * measured(clip.scene, 1)[:, 0, axis]
            assert all(starts[target - 1] - starts[number - 1] >= 0.08 for number in fits if number != target)
            assert (expression.decidable_from, expression.candidates) == (0, ())
            continue
        assert expression.decidable_from == gone, "not a frame before it is out of sight"
        assert expression.candidates == tuple(fits)
        if saying == "leaves":
            assert not alone[gone].any(), "nothing is left of it to be covered"
        if saying == "behind":
            assert alone[gone].any()
            (hider,) = fitting(BEHIND.search(expression.text)[1], objects)  # type: ignore[index]
            assert hider not in fits
            covered = clip.masks[hider - 1][gone]
            rows, columns = (np.nonzero(alone[gone].any(axis=axis))[0].mean() for axis in (1, 0))
            scale = len(covered) / alone.shape[1]
            assert covered[int(rows * scale), int(columns * scale)]


def test_every_saying_occurs_in_words_of_the_list(clips_of: ClipsOf) -> None:
    found = Counter(saying_of(expression.text) for _, expression in said(clips_of("reappearance")))
    assert found.keys() == SAYINGS.keys()
    assert {word for _, e in said(clips_of("reappearance")) for word in e.text.split()} <= set(WORDS)


def test_it_is_said_of_scenes_made_for_it_only(clips_of: ClipsOf) -> None:
    clip, expression = said(clips_of("reappearance"))[0]
    visible = np.ones((len(clip.masks), 12))
    visible[expression.object_ids[0] - 1, 3:8] = 0.0
    assert describe_reappearance(clip.scene, visible, Draws(0))
    assert describe_reappearance(replace(clip.scene, kind="motion"), visible, Draws(0)) == []


@pytest.mark.parametrize(
    ("shares", "stretch"),
    [
        ("1100001111", (2, 6)),
        ("1000000011", (1, 8)),
        ("1110001111", None),  # three frames are too few
        ("1101000011", (4, 8)),
        ("1100100011", None),
        ("1100001000", None),  # back for one frame only
        ("1100001001", (2, 6)),
        ("0111000011", None),  # not seen at first
        ("1111110000", None),  # it never comes back
        ("1111111111", None),
        ("11.0000.11", (3, 7)),  # a sliver is not out of sight
        ("110.000.11", None),
        ("1100001...", None),  # nor is it back
        (".100001111", None),
        ("1", None),
    ],
)
def test_the_stretch_in_which_nothing_is_seen(shares: str, stretch: tuple[int, int] | None) -> None:
    values = {"1": 0.25, ".": 0.01, "0": 0.0}
    assert hidden_stretch(np.array([values[share] for share in shares])) == stretch


def sayings(scene: Scene, visible: np.ndarray) -> dict[tuple[int, str], int]:
    """Who is said to do what, and from which frame on."""
    return {
        (e.object_ids[0], saying_of(e.text)): e.decidable_from
        for number in range(40)
        for e in describe_reappearance(scene, visible, Draws("reappearance", number))
    }


def seen(*hidden: range) -> np.ndarray:
    """Visible shares (O, 12): each object is gone in its frames."""
    return np.array([[0.0 if t in frames else 1.0 for t in range(12)] for frames in hidden])


NEVER = range(0)


@pytest.fixture
def behind(make_object: MakeObject) -> list[ShapeObject]:
    """A small red circle that goes behind a blue square, another that stays to its right, and the square."""
    motion = WaypointMotion(((0, 0.2, 0.5), (3, 0.6, 0.5), (7, 0.6, 0.5), (9, 0.2, 0.5)))
    hiding = make_object(radius=0.1, motion=motion)
    return [
        hiding,
        make_object(radius=0.1, at=(1.2, 0.55)),
        make_object("blue", "square", radius=0.25, at=(0.6, 0.5), depth=5),
    ]


def test_behind_another(behind: list[ShapeObject], make_scene: MakeScene) -> None:
    scene = make_scene(*behind, kind="reappearance")
    found = sayings(scene, seen(range(3, 8), NEVER, NEVER))
    assert found == {(1, "hides"): 3, (1, "behind"): 3, (1, "left"): 0}


def test_out_of_the_frame(make_object: MakeObject, make_scene: MakeScene) -> None:
    leaving = make_object(motion=WaypointMotion(((0, 1.0, 0.8), (3, 1.0, 1.3), (7, 1.0, 1.3), (9, 1.0, 0.8))))
    scene = make_scene(leaving, make_object(at=(1.02, 0.4)), kind="reappearance")
    found = sayings(scene, seen(range(3, 8), NEVER))
    assert found == {(1, "hides"): 3, (1, "leaves"): 3, (1, "bottom"): 0}


def test_what_lies_behind_or_beside_hides_nothing(behind: list[ShapeObject], make_scene: MakeScene) -> None:
    visible = seen(range(3, 8), NEVER, NEVER)
    farther = make_scene(behind[0], behind[1], replace(behind[2], depth=-1), kind="reappearance")
    assert (1, "behind") not in sayings(farther, visible)
    two = make_scene(*behind, replace(behind[2], shape="circle", depth=6), kind="reappearance")
    assert (1, "behind") not in sayings(two, seen(range(3, 8), NEVER, NEVER, NEVER)), "which of them?"


def test_no_look_alike_may_be_out_of_sight(behind: list[ShapeObject], make_scene: MakeScene) -> None:
    scene = make_scene(*behind, kind="reappearance")
    found = sayings(scene, seen(range(3, 8), range(2, 4), NEVER))
    assert found == {}
    others = make_scene(*behind[:2], replace(behind[2], texture="dotted"), kind="reappearance")
    gone = sayings(others, seen(range(3, 8), NEVER, range(4, 9)))
    assert (1, "hides") in gone, "the square is gone too, but it is no circle"


def test_the_hider_is_none_of_those_that_may_be_meant(behind: list[ShapeObject], make_scene: MakeScene) -> None:
    """ "The one that goes behind the blue square" does not mean the square, but it fits the word "one"."""
    scene = make_scene(*behind, kind="reappearance")
    for number in range(40):
        for e in describe_reappearance(scene, seen(range(3, 8), NEVER, NEVER), Draws("hider", number)):
            if saying_of(e.text) == "behind":
                assert "red" in e.text or "circle" in e.text


def test_starts_that_are_close_are_not_compared(behind: list[ShapeObject], make_scene: MakeScene) -> None:
    near = replace(behind[1], motion=WaypointMotion(((0, 0.25, 0.6),)))
    scene = make_scene(behind[0], near, behind[2], kind="reappearance")
    found = sayings(scene, seen(range(3, 8), NEVER, NEVER))
    assert found.keys() == {(1, "hides"), (1, "behind")}


def test_the_hider_is_named_so_that_it_is_one(
    behind: list[ShapeObject], make_object: MakeObject, make_scene: MakeScene
) -> None:
    def names(*objects: ShapeObject) -> set[str]:
        scene, visible = make_scene(*objects, kind="reappearance"), seen(range(3, 8), *[NEVER] * (len(objects) - 1))
        texts = [e.text for number in range(60) for e in describe_reappearance(scene, visible, Draws("name", number))]
        return {text.split("behind ")[1] for text in texts if "behind" in text}

    assert names(*behind) == {"the blue square"}
    second = make_object("blue", "square", "dotted", radius=0.1, at=(1.7, 0.3))
    assert names(*behind, second) == {"the plain blue square", "the solid blue square"}
