from collections import Counter

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes import SceneConfig
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.layouts import Body, Room
from refsam_hf.benchmarks.shapes.layouts.motion import lay_out_motion
from refsam_hf.benchmarks.shapes.looks import look_range
from refsam_hf.benchmarks.shapes.motion import WaypointMotion
from refsam_hf.benchmarks.shapes.scene import sample_scene

SIZE = 180, 240
RUN = 12  # as many frames as a clip of the benchmark has


def lay_out(number: int, config: SceneConfig | None = None, size: tuple[int, int] = SIZE) -> list[Body]:
    config = config or SceneConfig()
    room = Room(look_range("train", config, size), config.num_objects, config.speed, size[1] / size[0])
    return lay_out_motion(Draws("motion", number), room)


SCENES = [lay_out(number) for number in range(200)]


def alike(bodies: list[Body]) -> list[Body]:
    return [body for body in bodies if body.look.name == bodies[0].look.name]


def test_what_is_said_to_move_or_be_still_does_not_rock() -> None:
    for bodies in SCENES:
        assert [body.rocks for body in bodies] == [body.look.name != bodies[0].look.name for body in bodies]


def test_nothing_turns_that_may_not_rock() -> None:
    turns = set()
    for index in range(60):
        scene = sample_scene("train", "motion", 0, index, SceneConfig(), SIZE)
        names = [(item.colour, item.shape, item.texture) for item in scene.objects]
        for item, name in zip(scene.objects, names, strict=True):
            turn = len({item.rotation(t) for t in range(RUN)}) > 1
            assert not turn or names.count(name) == 1
            turns.add(turn)
    assert turns == {True, False}


def path_of(body: Body, num_frames: int = 30) -> np.ndarray:
    """(T, 2)"""
    return np.array([body.motion.position(t) for t in range(num_frames)])


def test_two_or_three_look_alikes_of_several_sizes_lead_and_the_others_look_otherwise() -> None:
    counts = Counter(len(alike(bodies)) for bodies in SCENES)
    assert counts.keys() == {2, 3}
    assert counts[2] > 2 * counts[3]
    assert all(alike(bodies) == bodies[: len(alike(bodies))] for bodies in SCENES)
    larger = [bodies[0].look.radius > bodies[1].look.radius for bodies in SCENES]
    assert 60 < sum(larger) < 140, "the size tells nothing"


def test_look_alikes_stay_in_the_frame_and_have_done_all_they_do_after_a_run() -> None:
    for body in (body for bodies in SCENES for body in alike(bodies)):
        assert isinstance(body.motion, WaypointMotion)
        path = path_of(body)
        assert (path[RUN:] == path[-1]).all()
        margin = body.look.radius - 1e-9
        assert (path >= margin).all()
        assert (path <= np.array([SIZE[1] / SIZE[0], 1.0]) - margin).all()


def way_of(path: np.ndarray) -> str:
    """How an object moves, seen from its path."""
    steps = np.diff(path[: RUN + 1], axis=0)
    lengths = np.linalg.norm(steps, axis=-1)
    if lengths.max() == 0:
        return "still"
    if lengths[-1] == 0:
        return "stops"
    if (steps[0] @ steps[-1]) < 0:
        return "turns"
    return "slow" if lengths.max() < 0.0185 else "fast" if lengths.max() > 0.0505 else "runs"


def test_every_difference_is_shown() -> None:
    ways = Counter(frozenset(way_of(path_of(body)) for body in alike(bodies)) for bodies in SCENES)
    shown = {way for ways_of_scene in ways for way in ways_of_scene}
    assert shown == {"still", "stops", "turns", "slow", "fast", "runs"}
    for pair in (("runs", "still"), ("runs",), ("runs", "stops"), ("runs", "turns"), ("runs", "slow")):
        assert ways[frozenset(pair)] > 5, pair


def test_look_alikes_run_along_the_axes_in_all_four_directions() -> None:
    directions = Counter()
    for bodies in SCENES:
        for body in alike(bodies):
            path = path_of(body)
            if way_of(path) == "runs":
                way = path[RUN] - path[0]
                assert np.abs(way).min() < 1e-9
                directions[tuple(np.sign(way.round(9)).tolist())] += 1
    assert set(directions) == {(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)}
    assert min(directions.values()) > 20


def test_stops_and_turns_come_early_enough_to_be_seen_and_not_at_once() -> None:
    frames = set()
    for bodies in SCENES:
        for body in alike(bodies):
            if way_of(path_of(body)) in ("stops", "turns"):
                assert isinstance(body.motion, WaypointMotion)
                frames.add(body.motion.stops[1][0])
    assert frames == {3, 4, 5}


def test_two_objects_are_enough_and_no_free_speed_is_needed() -> None:
    for number in range(30):
        bodies = lay_out(number, SceneConfig(num_objects=(2, 2), speed=(0.0, 0.0)))
        assert len(alike(bodies)) == len(bodies) == 2
        assert any(way_of(path_of(body)) != "still" for body in bodies)


@pytest.mark.parametrize("size", [(38, 100), (200, 60), (100, 38)])
def test_runs_are_cut_to_what_the_frame_holds(size: tuple[int, int]) -> None:
    for number in range(40):
        for body in alike(lay_out(number, size=size)):
            path = path_of(body)
            assert (path >= 0).all()
            assert (path <= np.array([size[1] / size[0], 1.0])).all()
