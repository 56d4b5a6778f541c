from collections import Counter

import numpy as np

from refsam_hf.benchmarks.shapes import SceneConfig
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.geometry import REACH
from refsam_hf.benchmarks.shapes.layouts import Body, Room
from refsam_hf.benchmarks.shapes.layouts.reappearance import lay_out_reappearance
from refsam_hf.benchmarks.shapes.looks import look_range

ASPECT = 240 / 180


def lay_out(number: int, config: SceneConfig | None = None) -> list[Body]:
    config = config or SceneConfig()
    room = Room(look_range("train", config, (180, 240)), config.num_objects, config.speed, ASPECT)
    return lay_out_reappearance(Draws("reappearance", number), room)


SCENES = [lay_out(number) for number in range(200)]
HIDERS = [bodies for bodies in SCENES if bodies[1].nearness is not None]
LEAVERS = [bodies for bodies in SCENES if bodies[1].nearness is None]


def path_of(body: Body, num_frames: int = 24) -> np.ndarray:
    """(T, 2)"""
    return np.array([body.motion.position(t) for t in range(num_frames)])


def longest(flags: np.ndarray) -> int:
    """The length of the longest stretch of true values."""
    return max(map(len, "".join("1" if flag else "0" for flag in flags).split("0")))


def test_both_ways_to_hide_occur() -> None:
    assert len(HIDERS) > 60
    assert len(LEAVERS) > 60


def test_one_or_two_look_alikes_of_its_size_stay_where_they_are() -> None:
    counts: Counter[int] = Counter()
    smaller = []
    for bodies in SCENES:
        others = [body for body in bodies[1:] if body.look.name == bodies[0].look.name]
        counts[len(others)] += 1
        for body in others:
            assert body.look.radius <= 0.13
            assert np.linalg.norm(np.diff(path_of(body), axis=0), axis=-1).max() <= 0.0081
            smaller.append(bodies[0].look.radius < body.look.radius)
    assert counts.keys() == {1, 2}
    assert 0.35 < np.mean(smaller) < 0.65, "the size tells nothing"


def test_what_hides_behind_another_is_covered_whole_for_five_frames() -> None:
    for hidden, hider, *others in HIDERS:
        assert hider.look.shape in ("circle", "square")
        assert hider.look.name != hidden.look.name
        inner = hider.look.radius * (1.0 if hider.look.shape == "circle" else 0.86)
        apart = np.linalg.norm(path_of(hidden) - path_of(hider), axis=-1)
        covered = apart + REACH[hidden.look.shape] * hidden.look.radius <= inner
        assert longest(covered) >= 5
        assert not covered[0]
        assert not covered[10:].any(), "it comes back"
        for t in (0, -1):
            assert apart[t] > REACH[hider.look.shape] * hider.look.radius, "in full sight at both ends"
        assert hider.nearness is not None
        assert hider.nearness > 0.2 - hidden.look.radius, "nearer than by its size"
        assert all(body.nearness is None for body in others)


def test_what_leaves_is_out_whole_for_five_frames_and_comes_back_over_the_same_side() -> None:
    sides = set()
    for hidden, *_ in LEAVERS:
        path, reach = path_of(hidden), REACH[hidden.look.shape] * hidden.look.radius
        beyond = np.stack([-path[:, 0], path[:, 0] - ASPECT, -path[:, 1], path[:, 1] - 1.0])  # (4, T)
        out = beyond.max(axis=0) >= reach
        assert longest(out) >= 5
        (side,) = {int(number) for number in beyond[:, out].argmax(axis=0)}
        sides.add(side)
        for t in (0, -1):
            assert beyond[:, t].max() <= -hidden.look.radius + 1e-9
        assert not out[10:].any()
    assert sides == {0, 1, 2, 3}


def test_it_comes_back_elsewhere_so_that_its_place_is_not_enough() -> None:
    moved = [np.linalg.norm(path_of(bodies[0])[-1] - path_of(bodies[0])[0]) for bodies in SCENES]
    assert np.mean(np.array(moved) > 0.1) > 0.6


def test_nothing_else_is_laid_over_it_often() -> None:
    """Where it starts and where it comes back it is not behind a third one, in most scenes."""
    crowded = total = 0
    for bodies in SCENES:
        for t in (0, 10):
            here = bodies[0].motion.position(t)
            for body in bodies[1:]:
                distance = np.linalg.norm(np.subtract(here, body.motion.position(t)))
                crowded += distance < 0.5 * (body.look.radius + bodies[0].look.radius)
                total += 1
    assert crowded / total < 0.05


def test_where_nothing_can_hide_it_it_leaves() -> None:
    config = SceneConfig(shapes=("star",), colours=("red", "blue"))
    scenes = [lay_out(number, config) for number in range(30)]
    assert all(body.nearness is None for bodies in scenes for body in bodies)
    large = [lay_out(number, SceneConfig(radius=(0.2, 0.21), num_objects=(3, 4))) for number in range(30)]
    assert all(body.nearness is None for bodies in large for body in bodies)
