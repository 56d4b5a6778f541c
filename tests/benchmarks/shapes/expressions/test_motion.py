"""What an expression says is read from its words, and checked on the centres of mass of drawn masks."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes import WORDS, Expression, ShapesClip
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.expressions.motion import describe_motion
from refsam_hf.benchmarks.shapes.motion import WaypointMotion
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject

ClipsOf = Callable[[str], list[ShapesClip]]
Fitting = Callable[[str, Sequence[ShapeObject]], list[int]]
Measured = Callable[[Scene, int], np.ndarray]
MakeObject = Callable[..., ShapeObject]
MakeScene = Callable[..., Scene]

# The program calls a difference visible from 0.06 heights of the frame on. Measured on masks, that is at least the one
# and at most the other.
LEAST_SHOWN, MOST_SHOWN = 0.05, 0.07

SAYINGS = {
    "up": r"(that (moves|goes) up|moving up|going upwards)$",
    "down": r"(that (moves|goes) down|moving down|going downwards)$",
    "left": r"(that (moves|goes to the) left|moving (to the )?left)$",
    "right": r"(that (moves|goes to the) right|moving (to the )?right)$",
    "moves": r"^the moving |that (moves|is moving)$",
    "stays": r"^the stationary |that (stays still|does not move|is not moving)$",
    "faster": r"^the faster |that (moves|is) faster$",
    "slower": r"^the slower |that (moves|is) slower$",
    "stops": r"that stops( moving)?$",
    "never stops": r"that (does not stop|never stops)$",
    "turns": r"that (turns (around|back)|changes direction|reverses)$",
    "never turns": r"that (does not turn around|never turns)$",
}
DIRECTIONS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}


def saying_of(text: str) -> str:
    (found,) = [name for name, pattern in SAYINGS.items() if re.search(pattern, text)]
    return found


def steps_of(path: np.ndarray) -> np.ndarray:
    """The lengths (T - 1,) of the steps of a path (T, 2)."""
    return np.linalg.norm(np.diff(path, axis=0), axis=-1)


def stop_of(path: np.ndarray) -> int | None:
    """The frame after which nothing moves any more; None if it moves to the end."""
    moving = np.flatnonzero(steps_of(path) > 0.006)
    return None if len(moving) == len(path) - 1 else int(moving[-1]) + 1


def turn_of(path: np.ndarray) -> int | None:
    """The frame from which on it comes back; None if it never does."""
    steps = np.diff(path, axis=0)
    back = np.flatnonzero(steps @ (steps[0] / np.linalg.norm(steps[0])) < -0.004)
    return int(back[0]) if len(back) else None


def shown_at(differences: np.ndarray) -> tuple[int, int]:
    """The first frames at which a difference (T,) may be, and surely is, large enough to be seen."""
    return int((differences >= LEAST_SHOWN).argmax()), int((differences >= MOST_SHOWN).argmax())


def check(saying: str, path: np.ndarray, others: list[np.ndarray]) -> tuple[int, int]:
    """That a saying is true of a path (T, 2) and of none of the others; when it shows, at the earliest and latest."""
    if saying in DIRECTIONS:
        mine, *theirs = ((way - way[0]) @ DIRECTIONS[saying] for way in (path, *others))
        across = np.abs((path - path[0]) @ DIRECTIONS[saying][::-1])
        assert mine[-1] >= 0.11
        assert across.max() <= 0.4 * mine[-1]
        assert all(way.max() <= 0.04 for way in theirs)
        return shown_at(mine - np.max(theirs, axis=0))
    away, *theirs = (np.linalg.norm(way - way[0], axis=-1) for way in (path, *others))
    if saying == "moves":
        assert away[-1] >= 0.11
        assert all(way.max() <= 0.02 for way in theirs)
        return shown_at(away)
    if saying == "stays":
        assert away.max() <= 0.02
        assert all(way[-1] >= 0.11 for way in theirs)
        return shown_at(np.min(theirs, axis=0))
    if saying in ("faster", "slower"):
        (other,) = others
        mine, its = (np.cumsum([0, *steps_of(way)]) for way in (path, other))
        slow, fast = (its, mine) if saying == "faster" else (mine, its)
        assert fast[-1] >= 1.6 * slow[-1]
        assert slow[-1] >= 0.05, "who rests is not slow"
        return shown_at(fast - slow)
    event = stop_of if saying.endswith(("stops", "stop")) else turn_of
    happens, *elsewhere = (event(way) for way in (path, *others))
    if saying.startswith("never"):
        assert happens is None
        assert elsewhere
        assert None not in elsewhere
        latest = max(frame for frame in elsewhere if frame is not None)
    else:
        assert happens is not None
        assert elsewhere == [None] * len(others)
        latest = happens
    return latest + 1, latest + 3


def said(clips: list[ShapesClip]) -> list[tuple[ShapesClip, Expression]]:
    return [(clip, e) for clip in clips for e in clip.expressions if e.kind == "motion"]


def test_every_expression_is_true_of_its_object_alone_and_from_its_frame_on(
    clips_of: ClipsOf, fitting: Fitting, measured: Measured
) -> None:
    for clip, expression in said(clips_of("motion")):
        paths = measured(clip.scene, len(clip.frames))
        fits = fitting(expression.text, clip.scene.objects)
        (target,) = expression.object_ids
        assert target in fits
        assert expression.candidates == tuple(fits)
        others = [paths[number - 1] for number in fits if number != target]
        earliest, latest = check(saying_of(expression.text), paths[target - 1], others)
        assert earliest <= expression.decidable_from <= latest, (expression, earliest, latest)
        assert expression.decidable_from <= len(clip.frames) - 3


def test_all_that_may_be_meant_are_in_sight(clips_of: ClipsOf) -> None:
    for clip, expression in said(clips_of("motion")):
        for number in expression.candidates:
            seen = clip.masks[number - 1].any(axis=(1, 2))
            assert seen[0]
            assert seen.sum() >= 11


def test_every_saying_occurs_in_words_of_the_list(clips_of: ClipsOf) -> None:
    found = Counter(saying_of(expression.text) for _, expression in said(clips_of("motion")))
    assert found.keys() == SAYINGS.keys()
    assert {word for _, e in said(clips_of("motion")) for word in e.text.split()} <= set(WORDS)


def test_it_is_said_of_scenes_made_for_it_only(clips_of: ClipsOf) -> None:
    clip = clips_of("motion")[0]
    visible = np.ones((len(clip.masks), 12))
    assert describe_motion(clip.scene, visible, Draws(0))
    assert describe_motion(replace(clip.scene, kind="appearance"), visible, Draws(0)) == []


def sayings(scene: Scene, num_frames: int = 12, visible: np.ndarray | None = None) -> dict[tuple[int, str], set[int]]:
    """Who is said to do what, and from which frame on."""
    if visible is None:
        visible = np.ones((len(scene.objects), num_frames))
    found: dict[tuple[int, str], set[int]] = {}
    for number in range(40):
        for e in describe_motion(scene, visible, Draws("motion", number)):
            found.setdefault((e.object_ids[0], saying_of(e.text)), set()).add(e.decidable_from)
    return found


def run(*stops: tuple[int, float, float]) -> WaypointMotion:
    return WaypointMotion(stops)


def test_up_and_still(make_object: MakeObject, make_scene: MakeScene) -> None:
    rising, still = make_object(motion=run((0, 0.5, 0.8), (10, 0.5, 0.3))), make_object(motion=run((0, 1.0, 0.5)))
    found = sayings(make_scene(rising, still, kind="motion"))
    assert found == {(1, "up"): {2}, (1, "moves"): {2}, (2, "stays"): {2}}


def test_left_and_right_beside_one_that_looks_otherwise(make_object: MakeObject, make_scene: MakeScene) -> None:
    left = make_object(motion=run((0, 1.5, 0.5), (10, 1.0, 0.5)))
    right = make_object(motion=run((0, 0.5, 0.5), (10, 1.0, 0.5)))
    other = make_object("blue", "star", "dotted")
    found = sayings(make_scene(left, right, other, kind="motion"))
    # "the one that moves left" is told from the resting star a frame later than "the red circle that moves left" is
    # from the other circle
    assert found == {(1, "left"): {1, 2}, (2, "right"): {1, 2}, (3, "stays"): {2}}


def test_fast_and_slow(make_object: MakeObject, make_scene: MakeScene) -> None:
    fast, slow = (
        make_object(motion=run((0, 0.1, y), (11, 0.1 + length, y))) for y, length in ((0.2, 0.66), (0.7, 0.22))
    )
    assert sayings(make_scene(fast, slow, kind="motion")) == {(1, "faster"): {2}, (2, "slower"): {2}}
    close = make_object(motion=run((0, 0.1, 0.7), (11, 0.54, 0.7)))
    assert sayings(make_scene(fast, close, kind="motion")) == {}
    assert sayings(make_scene(fast, slow, slow, kind="motion")) == {}, "the faster of three is not said"


def test_stops_and_turns_are_known_two_frames_later(make_object: MakeObject, make_scene: MakeScene) -> None:
    stopping = make_object(motion=run((0, 0.2, 0.2), (4, 0.3, 0.2)))
    turning = make_object(motion=run((0, 0.2, 0.5), (5, 0.3, 0.5), (12, 0.16, 0.5)))
    going = make_object(motion=run((0, 0.2, 0.8), (12, 0.5, 0.8)))
    found = sayings(make_scene(stopping, going, kind="motion"))
    assert found[1, "stops"] == found[2, "never stops"] == {6}
    assert not {(1, "never stops"), (2, "stops"), (1, "turns")} & found.keys()
    found = sayings(make_scene(turning, going, kind="motion"))
    assert found[1, "turns"] == found[2, "never turns"] == {7}
    assert not {(2, "turns"), (1, "never turns"), (1, "stops")} & found.keys()


@pytest.mark.parametrize(("num_frames", "expected"), [(9, True), (8, False)])
def test_three_frames_are_left_to_be_scored(
    make_object: MakeObject, make_scene: MakeScene, num_frames: int, expected: bool
) -> None:
    stopping = make_object(motion=run((0, 0.2, 0.2), (4, 0.25, 0.2)))
    going = make_object(motion=run((0, 0.2, 0.8), (12, 0.35, 0.8)))
    assert ((1, "stops") in sayings(make_scene(stopping, going, kind="motion"), num_frames)) is expected


def test_what_is_in_doubt_is_not_said(make_object: MakeObject, make_scene: MakeScene) -> None:
    rising, drifting = make_object(motion=run((0, 0.5, 0.8), (11, 0.5, 0.3))), run((0, 1.0, 0.5), (11, 1.0, 0.44))
    assert (
        sayings(make_scene(rising, make_object(motion=drifting), kind="motion")).keys() & {(1, "up"), (1, "moves")}
        == set()
    )
    slanted = make_object(motion=run((0, 0.5, 0.8), (11, 0.8, 0.3)))
    still = make_object(motion=run((0, 1.0, 0.5)))
    found = sayings(make_scene(slanted, still, kind="motion"))
    assert found.keys() == {(1, "moves"), (2, "stays")}


def test_a_look_alike_that_is_out_of_sight_cannot_be_compared(make_object: MakeObject, make_scene: MakeScene) -> None:
    rising, still = make_object(motion=run((0, 0.5, 0.8), (10, 0.5, 0.3))), make_object(motion=run((0, 1.0, 0.5)))
    visible = np.ones((2, 12))
    visible[1, 3:6] = 0.0
    assert sayings(make_scene(rising, still, kind="motion"), visible=visible) == {}
