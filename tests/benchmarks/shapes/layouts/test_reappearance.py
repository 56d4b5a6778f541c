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


def hiders_of(bodies: list[Body]) -> list[tuple[Body, Body]]:
    """What hides behind another, and that other, which follows it and is nearer than all that the size orders."""
    return [(bodies[i - 1], body) for i, body in enumerate(bodies) if body.nearness is not None]


def leavers_of(bodies: list[Body]) -> list[Body]:
    return [body for body in bodies if is_out(body).any()]


def alike(bodies: list[Body]) -> list[Body]:
    """The first object, which hides, and its look-alikes."""
    return [body for body in bodies if body.look.name == bodies[0].look.name]


def is_out(body: Body) -> np.ndarray:
    """In which frames all of it is out of the frame, whatever way it is turned: bool (T,)."""
    return beyond(body).max(axis=0) >= REACH[body.look.shape] * body.look.radius


def beyond(body: Body) -> np.ndarray:
    """How far its centre is out over the left, right, top and bottom: (4, T)."""
    path = path_of(body)
    return np.stack([-path[:, 0], path[:, 0] - ASPECT, -path[:, 1], path[:, 1] - 1.0])


def path_of(body: Body, num_frames: int = 24) -> np.ndarray:
    """(T, 2)"""
    return np.array([body.motion.position(t) for t in range(num_frames)])


def longest(flags: np.ndarray) -> int:
    """The length of the longest stretch of true values."""
    return max(map(len, "".join("1" if flag else "0" for flag in flags).split("0")))


def test_one_or_two_hide_in_either_way_and_all_that_do_are_look_alikes() -> None:
    ways: Counter[tuple[int, int]] = Counter()
    for bodies in SCENES:
        hidden = [body for body, _ in hiders_of(bodies)] + leavers_of(bodies)
        assert any(body is bodies[0] for body in hidden)
        assert all(any(body is twin for twin in alike(bodies)) for body in hidden)
        ways[len(hiders_of(bodies)), len(leavers_of(bodies))] += 1
    assert ways.keys() == {(1, 0), (0, 1), (2, 0), (1, 1), (0, 2)}
    assert min(ways.values()) >= 3, ways
    assert 70 < ways[2, 0] + ways[1, 1] + ways[0, 2] < 130, "in about half of the scenes it is not alone"


def test_there_is_a_look_alike_of_its_size_that_hides_too_or_stays() -> None:
    counts: Counter[tuple[int, int]] = Counter()
    smaller = []
    for bodies in SCENES:
        hidden = [body for body, _ in hiders_of(bodies)] + leavers_of(bodies)
        others = alike(bodies)[1:]
        stay = [body for body in others if not any(body is other for other in hidden)]
        counts[len(others) - len(stay), len(stay)] += 1
        for body in stay:
            assert np.linalg.norm(np.diff(path_of(body), axis=0), axis=-1).max() <= 0.0251
        for body in others:
            assert body.look.radius <= 0.13
            smaller.append(bodies[0].look.radius < body.look.radius)
    assert counts.keys() == {(0, 1), (1, 0), (1, 1)}
    assert min(counts.values()) > 10
    assert 0.35 < np.mean(smaller) < 0.65, "the size tells nothing"


def test_those_that_stay_move_as_those_that_hide_do_not() -> None:
    """Moving at all tells nothing: most of those that stay move too."""
    paths = [path_of(body) for bodies in SCENES for body in bodies if body.nearness is None]
    assert np.mean([np.ptp(path[:10], axis=0).max() > 0.05 for path in paths]) > 0.7


def test_what_hides_behind_another_is_covered_whole_for_five_frames() -> None:
    found = [(pair, bodies) for bodies in SCENES for pair in hiders_of(bodies)]
    assert len(found) > 60
    for (hidden, hider), bodies in found:
        assert hider.look.shape in ("circle", "square")
        assert hider.look.name != hidden.look.name
        inner = hider.look.radius * (1.0 if hider.look.shape == "circle" else 0.86)
        apart = np.linalg.norm(path_of(hidden) - path_of(hider), axis=-1)
        covered = apart + REACH[hidden.look.shape] * hidden.look.radius <= inner
        assert longest(covered) >= 5
        assert not covered[0]
        assert not covered[11:].any(), "it comes back"
        for t in (0, -1):
            assert apart[t] > REACH[hider.look.shape] * hider.look.radius, "in full sight at both ends"
        assert hider.nearness is not None
        assert all(hider.nearness > 0.1 - body.look.radius for body in bodies), "nearer than any by its size"


def test_what_leaves_is_out_whole_for_five_frames_and_comes_back_over_the_same_side() -> None:
    sides: Counter[int] = Counter()
    for bodies in [*SCENES, *(lay_out(number) for number in range(200, 500))]:
        left_by = []
        for hidden in leavers_of(bodies):
            out = is_out(hidden)
            assert longest(out) >= 5
            (side,) = {int(number) for number in beyond(hidden)[:, out].argmax(axis=0)}
            left_by.append(side)
            for t in (0, -1):
                assert beyond(hidden)[:, t].max() <= -hidden.look.radius + 1e-9
            assert not out[11:].any()
        assert len(set(left_by)) == len(left_by), "no two leave over the same side: nobody could tell them apart"
        sides.update(left_by)
    assert sides.keys() == {0, 1, 2, 3}
    assert min(sides.values()) > 15


def test_two_that_hide_are_never_in_one_place() -> None:
    for bodies in SCENES:
        pairs = hiders_of(bodies)
        places = [path_of(hider)[0] for _, hider in pairs]
        if len(pairs) == 2:
            assert np.linalg.norm(places[0] - places[1]) >= pairs[0][1].look.radius + pairs[1][1].look.radius
            names = {(hider.look.colour, hider.look.shape) for _, hider in pairs}
            assert len(names) == 2, "what they hide behind has two names"


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
