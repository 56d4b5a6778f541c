"""What an expression says is read from its words, and checked on the masks of the clip and of each object alone."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

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

_SIDE = r"(?P<side>on the left|on the right|at the top|at the bottom)"
_BESIDE = r"(?P<beside>left of|right of|above|below) (?P<anchor>the .+)"
_WAS_ON, _WAS_BESIDE = (re.sub(r"P<(\w+)>", r"P<\1_then>", pattern) for pattern in (_SIDE, _BESIDE))
SAYINGS = {
    "behind": r"that (goes|hides|passes) behind (?P<anchor>the .+)$",
    "leaves": r"that (leaves the frame( and comes back)?|goes out of the frame)$",
    "leaves by": rf"that (leaves|goes out of) the frame {_SIDE}$",
    "hides": r"that disappears( and (comes back|appears again))?$",
    "starts": rf"that (starts {_SIDE}|is {_WAS_ON} at first)$",
    "starts beside": rf"that (starts {_BESIDE}|is {_WAS_BESIDE} at first)$",
}
SIDES = {"on the left": (0, -1), "on the right": (0, 1), "at the top": (1, -1), "at the bottom": (1, 1)}
BESIDE = {"left of": (0, -1), "right of": (0, 1), "above": (1, -1), "below": (1, 1)}
MARGIN = 0.08  # of what is told apart by eye; the words keep more


class Said(NamedTuple):
    what: str
    where: str = ""  # a side, or a way of being beside
    anchor: str = ""


def saying_of(text: str) -> Said:
    (found,) = [(name, match) for name, pattern in SAYINGS.items() if (match := re.search(pattern, text))]
    name, match = found
    found_words = {key.removesuffix("_then"): words for key, words in match.groupdict().items() if words}
    return Said(name, found_words.get("side") or found_words.get("beside", ""), found_words.get("anchor", ""))


def hidden_frames(mask: np.ndarray) -> list[int]:
    """The frames of the first stretch of four or more without a pixel of a mask (T, H, W); none if there is none."""
    start = 0
    for seen, frames in groupby(mask.any(axis=(1, 2)).tolist()):
        count = len(list(frames))
        if not seen and count >= 4:
            return list(range(start, start + count))
        start += count
    return []


class Watched:
    """What one object does, seen on the masks of the clip and on its own without the others."""

    def __init__(self, clip: ShapesClip, number: int, alone: np.ndarray, places: np.ndarray) -> None:
        hidden = hidden_frames(clip.masks[number - 1])
        self.hides = bool(hidden)
        self.gone = hidden[0] if hidden else -1
        self.side: tuple[int, int] | None = None
        self.hider: int | None = None
        # the share of it that lies under each of the others, (O, T)
        height, width = clip.masks.shape[2:]
        own = alone[:, :: alone.shape[1] // height, :: alone.shape[1] // height][:, :height, :width]
        self.under = (clip.masks & own).sum(axis=(2, 3)) / np.maximum(own.sum(axis=(1, 2)), 1)
        self.under[number - 1] = 0.0
        if hidden and alone[self.gone].sum() < 0.15 * alone[0].sum():  # a last sliver is too thin for small frames
            way = places[self.gone - 1] - places[0]
            axis = int(np.abs(way).argmax())
            self.side = axis, int(np.sign(way[axis]))
        elif hidden:
            self.hider = int(self.under[:, self.gone].argmax()) + 1
            assert self.under[self.hider - 1, self.gone] > 0.8, "hidden behind what?"


def said(clips: list[ShapesClip]) -> list[tuple[ShapesClip, Expression]]:
    return [(clip, e) for clip in clips for e in clip.expressions if e.kind == "reappearance"]


def test_the_target_is_hidden_for_four_frames_and_comes_back_among_look_alikes(
    clips_of: ClipsOf, fitting: Fitting
) -> None:
    others_hide = []
    for clip, expression in said(clips_of("reappearance")):
        (target,) = expression.object_ids
        mask = clip.masks[target - 1]
        hidden = hidden_frames(mask)
        assert hidden
        assert mask[0].any()
        assert mask[hidden[-1] + 1 :].any(axis=(1, 2)).sum() >= 2
        others = [number for number in fitting(expression.text, clip.scene.objects) if number != target]
        assert others
        assert all(clip.masks[number - 1][0].any() for number in others)
        others_hide.append(any(hidden_frames(clip.masks[number - 1]) for number in others))
    assert 0.25 < np.mean(others_hide) < 0.75, "that something hides is not enough to know"


def test_an_event_is_what_the_target_alone_does_and_is_known_when_it_is_gone(
    clips_of: ClipsOf, fitting: Fitting, measured: OfScene, drawn_alone: OfScene
) -> None:
    for clip, expression in said(clips_of("reappearance")):
        saying, objects = saying_of(expression.text), clip.scene.objects
        if saying.what.startswith("starts"):
            continue
        alone, places = drawn_alone(clip.scene, 12), measured(clip.scene, 12)
        fits = fitting(expression.text, objects)
        watched = {number: Watched(clip, number, alone[number - 1], places[number - 1]) for number in fits}
        if saying.what == "hides":
            do_so = [number for number in fits if watched[number].hides]
            for number in fits:
                assert number in do_so or clip.masks[number - 1].any(axis=(1, 2)).sum() >= 11
        elif saying.what == "leaves":
            do_so = [number for number in fits if watched[number].side is not None]
        elif saying.what == "leaves by":
            do_so = [number for number in fits if watched[number].side == SIDES[saying.where]]
        else:
            (hider,) = fitting(saying.anchor, objects)
            assert hider not in fits
            do_so = [number for number in fits if watched[number].under[hider - 1].max() > 0.5]
            assert watched[do_so[0]].hider == hider
            assert expression.anchors == (hider,)
        assert do_so == list(expression.object_ids), expression
        assert expression.decidable_from == watched[do_so[0]].gone, "not a frame before it is out of sight"
        assert expression.candidates == tuple(fits)


def test_a_start_is_that_of_the_target_alone(clips_of: ClipsOf, fitting: Fitting, measured: OfScene) -> None:
    for clip, expression in said(clips_of("reappearance")):
        saying, objects = saying_of(expression.text), clip.scene.objects
        if not saying.what.startswith("starts"):
            continue
        (target,) = expression.object_ids
        others = [number - 1 for number in fitting(expression.text, objects) if number != target]
        starts = measured(clip.scene, 1)[:, 0]
        if saying.what == "starts":
            axis, sign = SIDES[saying.where]
            along = sign * (starts[:, axis] - (clip.scene.aspect / 2, 0.5)[axis])
            assert along[target - 1] > 0, "in its own half of the frame"
            assert (along[target - 1] - along[others] >= MARGIN).all()
        else:
            (anchor,) = fitting(saying.anchor, objects)
            assert anchor != target
            assert anchor - 1 not in others
            assert expression.anchors == (anchor,)
            assert clip.masks[anchor - 1][0].any()
            axis, sign = BESIDE[saying.where]
            steps = starts - starts[anchor - 1]
            along, across = sign * steps[:, axis], np.abs(steps[:, 1 - axis])
            assert along[target - 1] >= MARGIN
            assert across[target - 1] <= 1.8 * along[target - 1]
            assert all(along[i] < 0 or across[i] > 2.2 * along[i] for i in others), expression
        assert expression.decidable_from == 0
        assert expression.candidates == tuple(fitting(expression.text, objects))


def test_every_saying_occurs_in_words_of_the_list(clips_of: ClipsOf) -> None:
    texts = [expression.text for _, expression in said(clips_of("reappearance"))]
    found = Counter(saying_of(text).what for text in texts)
    assert found.keys() == SAYINGS.keys()
    assert min(found.values()) >= 8, found
    where = {saying_of(text)[:2] for text in texts}
    assert where >= {(what, side) for what in ("leaves by", "starts") for side in SIDES}
    assert where >= {("starts beside", words) for words in BESIDE}
    assert {word for text in texts for word in text.split()} <= set(WORDS)


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
        (e.object_ids[0], f"{what} {where}".strip()): e.decidable_from
        for number in range(60)
        for e in describe_reappearance(scene, visible, Draws("reappearance", number))
        for what, where, _ in [saying_of(e.text)]
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
    assert found == {
        (1, "hides"): 3,
        (1, "behind"): 3,
        (1, "starts on the left"): 0,
        (1, "starts beside left of"): 0,
    }


def out_by(axis: int, sign: int, start: tuple[float, float]) -> WaypointMotion:
    """Out of a frame of 2 x 1 over one side by frame 3, and back from frame 7 to frame 9."""
    out = list(start)
    out[axis] = -0.3 if sign < 0 else (2.3, 1.3)[axis]
    return WaypointMotion(((0, *start), (3, *out), (7, *out), (9, *start)))


def test_out_of_the_frame(make_object: MakeObject, make_scene: MakeScene) -> None:
    leaving = make_object(motion=out_by(1, 1, (1.0, 0.8)))
    scene = make_scene(leaving, make_object(at=(1.02, 0.4)), kind="reappearance")
    found = sayings(scene, seen(range(3, 8), NEVER))
    events = {(1, "hides"): 3, (1, "leaves"): 3, (1, "leaves by at the bottom"): 3}
    assert found == {**events, (1, "starts at the bottom"): 0}


@pytest.mark.parametrize(
    ("side", "where"), [((0, -1), "on the left"), ((0, 1), "on the right"), ((1, -1), "at the top")]
)
def test_every_side_has_its_words(
    make_object: MakeObject, make_scene: MakeScene, side: tuple[int, int], where: str
) -> None:
    scene = make_scene(make_object(motion=out_by(*side, (1.0, 0.5))), make_object(at=(1.0, 0.55)), kind="reappearance")
    found = sayings(scene, seen(range(3, 8), NEVER))
    assert found == {(1, "hides"): 3, (1, "leaves"): 3, (1, f"leaves by {where}"): 3}


def test_look_alikes_that_both_leave_are_told_apart_by_the_side(
    make_object: MakeObject, make_scene: MakeScene
) -> None:
    up, right = out_by(1, -1, (1.0, 0.5)), out_by(0, 1, (1.05, 0.52))
    both = make_scene(make_object(motion=up), make_object(motion=right), kind="reappearance")
    found = sayings(both, seen(range(3, 8), range(4, 9)))
    assert found == {(1, "leaves by at the top"): 3, (2, "leaves by on the right"): 4}
    same = make_scene(make_object(motion=up), make_object(motion=out_by(1, -1, (1.05, 0.5))), kind="reappearance")
    assert sayings(same, seen(range(3, 8), range(4, 9))) == {}, "nothing tells them apart"


def test_a_look_alike_that_hides_otherwise_is_told_apart(behind: list[ShapeObject], make_scene: MakeScene) -> None:
    leaving = replace(behind[1], motion=out_by(1, 1, (0.3, 0.55)))
    scene = make_scene(behind[0], leaving, behind[2], kind="reappearance")
    found = sayings(scene, seen(range(3, 8), range(3, 8), NEVER))
    assert found == {(1, "behind"): 3, (2, "leaves"): 3, (2, "leaves by at the bottom"): 3}


def test_two_behind_the_same_or_behind_two(
    behind: list[ShapeObject], make_object: MakeObject, make_scene: MakeScene
) -> None:
    other_way = WaypointMotion(((0, 1.0, 0.5), (3, 0.6, 0.5), (7, 0.6, 0.5), (9, 1.0, 0.5)))
    same = make_scene(behind[0], replace(behind[1], motion=other_way), behind[2], kind="reappearance")
    found = sayings(same, seen(range(3, 8), range(3, 8), NEVER))
    assert {what for _, what in found} <= {"starts beside left of", "starts beside right of", "starts on the left"}
    elsewhere = WaypointMotion(((0, 1.0, 0.5), (3, 1.4, 0.5), (7, 1.4, 0.5), (9, 1.0, 0.5)))
    green = make_object("green", "square", radius=0.25, at=(1.4, 0.5), depth=4)
    two = make_scene(behind[0], replace(behind[1], motion=elsewhere), behind[2], green, kind="reappearance")
    found = sayings(two, seen(range(3, 8), range(3, 8), NEVER, NEVER))
    assert found.keys() >= {(1, "behind"), (2, "behind")}
    assert not {(1, "hides"), (2, "hides")} & found.keys()


def test_what_lies_behind_or_beside_hides_nothing(behind: list[ShapeObject], make_scene: MakeScene) -> None:
    visible = seen(range(3, 8), NEVER, NEVER)
    farther = make_scene(behind[0], behind[1], replace(behind[2], depth=-1), kind="reappearance")
    assert (1, "behind") not in sayings(farther, visible)
    two = make_scene(*behind, replace(behind[2], shape="circle", depth=6), kind="reappearance")
    assert (1, "behind") not in sayings(two, seen(range(3, 8), NEVER, NEVER, NEVER)), "which of them?"


def test_a_look_alike_of_which_nobody_knows_what_it_does_spoils_all(
    behind: list[ShapeObject], make_scene: MakeScene
) -> None:
    scene = make_scene(*behind, kind="reappearance")
    assert sayings(scene, seen(range(3, 8), range(2, 4), NEVER)) == {}, "it is gone too, but not for long enough"
    unknown = sayings(scene, seen(range(3, 8), range(4, 9), NEVER))
    assert {number for number, _ in unknown} == {2}, "it is gone, but behind what?"
    assert {what.split()[0] for _, what in unknown} == {"starts"}
    gone = sayings(scene, seen(range(3, 8), NEVER, range(4, 9)))
    assert (1, "hides") in gone, "the square is gone too, but it is no circle"
    assert (1, "starts beside left of") not in gone, "what is not in sight throughout is no anchor"


def test_the_hider_is_none_of_those_that_may_be_meant(behind: list[ShapeObject], make_scene: MakeScene) -> None:
    """ "The one that goes behind the blue square" does not mean the square, but it fits the word "one"."""
    scene = make_scene(*behind, kind="reappearance")
    for number in range(40):
        for e in describe_reappearance(scene, seen(range(3, 8), NEVER, NEVER), Draws("hider", number)):
            if saying_of(e.text).anchor:
                assert "red" in e.text or "circle" in e.text


def test_starts_that_are_close_are_not_compared(behind: list[ShapeObject], make_scene: MakeScene) -> None:
    near = replace(behind[1], motion=WaypointMotion(((0, 0.25, 0.6),)))
    scene = make_scene(behind[0], near, behind[2], kind="reappearance")
    found = sayings(scene, seen(range(3, 8), NEVER, NEVER))
    assert found.keys() == {(1, "hides"), (1, "behind")}


def test_a_side_of_the_frame_is_that_of_its_own_half(make_object: MakeObject, make_scene: MakeScene) -> None:
    """What is farthest to the left may still be on the right."""
    for x, said_so in ((1.2, False), (0.96, False), (0.9, True)):
        leaving = make_object(motion=out_by(1, 1, (x, 0.5)))
        scene = make_scene(leaving, make_object(at=(1.5, 0.5)), kind="reappearance")
        assert ((1, "starts on the left") in sayings(scene, seen(range(3, 8), NEVER))) is said_so


@pytest.mark.parametrize(
    ("place", "other", "expected"),
    [
        ((0.6, 0.5), (1.4, 0.5), {"left of"}),
        ((1.0, 0.2), (1.4, 0.5), {"above"}),
        ((1.0, 0.8), (1.4, 0.5), {"below"}),
        ((1.4, 0.5), (0.6, 0.5), {"right of"}),
        ((0.7, 0.2), (1.4, 0.5), {"left of", "above"}),
        ((0.93, 0.5), (1.4, 0.5), set()),  # hardly beside it
        ((0.6, 0.5), (0.9, 0.6), set()),  # the other may be called left of it as well
        ((0.6, 0.5), (0.98, 0.9), {"left of"}),  # the other is below
        ((0.3, 0.5), (0.7, 0.4), set()),
    ],
)
def test_beside_what_it_starts(
    make_object: MakeObject,
    make_scene: MakeScene,
    place: tuple[float, float],
    other: tuple[float, float],
    expected: set[str],
) -> None:
    scene = make_scene(
        make_object(motion=out_by(1, 1, place)),
        make_object(at=other),
        make_object("blue", "square", at=(1.0, 0.5)),
        kind="reappearance",
    )
    found = sayings(scene, seen(range(3, 8), NEVER, NEVER))
    assert {what.removeprefix("starts beside ") for _, what in found if "beside" in what} == expected


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
