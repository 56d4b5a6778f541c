import itertools
import math

import pytest

from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.motion import CurvedMotion, StraightMotion, WaypointMotion, sample_motion


def test_straight_motion_turns_back_at_the_sides() -> None:
    motion = StraightMotion(start=(0.5, 0.2), velocity=(0.25, 0.0), box=(0.0, 0.0, 1.0, 1.0))
    assert [motion.position(t)[0] for t in range(8)] == pytest.approx([0.5, 0.75, 1.0, 0.75, 0.5, 0.25, 0.0, 0.25])
    assert [motion.position(t)[1] for t in range(8)] == pytest.approx([0.2] * 8)


def test_a_box_without_width_holds_still() -> None:
    motion = StraightMotion(start=(0.3, 0.5), velocity=(0.1, 0.1), box=(0.3, 0.0, 0.3, 1.0))
    assert [motion.position(t)[0] for t in range(3)] == [0.3, 0.3, 0.3]


def test_curved_motion_follows_its_ellipse() -> None:
    motion = CurvedMotion(centre=(0.6, 0.5), radii=(0.4, 0.2), phase=0.0, turn=math.pi / 2)
    assert motion.position(0) == pytest.approx((1.0, 0.5))
    assert motion.position(1) == pytest.approx((0.6, 0.7))
    assert motion.position(2) == pytest.approx((0.2, 0.5))


def test_waypoints_are_joined_by_straight_lines_and_rested_at() -> None:
    motion = WaypointMotion(((2, 0.2, 0.4), (4, 0.6, 0.4), (6, 0.6, 0.4), (10, 0.6, 0.0)))
    path = [motion.position(t) for t in range(13)]
    assert path[:3] == [(0.2, 0.4)] * 3, "at rest before the first"
    assert [x for x, _ in path[3:]] == pytest.approx([0.4] + [0.6] * 9)
    assert [y for _, y in path[3:7]] == pytest.approx([0.4] * 4)
    assert [y for _, y in path[7:11]] == pytest.approx([0.3, 0.2, 0.1, 0.0])
    assert path[10:] == [(0.6, 0.0)] * 3, "and after the last"


def test_a_jump_is_two_waypoints_a_frame_apart() -> None:
    motion = WaypointMotion(((0, 0.1, 0.2), (3, 0.1, 0.2), (4, 0.9, 0.7)))
    assert [motion.position(t) for t in range(6)] == [(0.1, 0.2)] * 4 + [(0.9, 0.7)] * 2


def test_one_waypoint_is_a_place() -> None:
    motion = WaypointMotion(((0, 0.3, 0.4),))
    assert {motion.position(t) for t in (0, 1, 99)} == {(0.3, 0.4)}


def test_sampled_motions_stay_in_their_box_and_under_their_speed() -> None:
    box = (0.2, 0.1, 1.1, 0.9)
    kinds = set()
    for number in range(100):
        motion = sample_motion(Draws("motion", number), box, (0.01, 0.05))
        kinds.add(type(motion))
        path = [motion.position(t) for t in range(60)]
        assert all(0.2 - 1e-9 <= x <= 1.1 + 1e-9 and 0.1 - 1e-9 <= y <= 0.9 + 1e-9 for x, y in path)
        steps = [math.dist(a, b) for a, b in itertools.pairwise(path)]
        assert 0 < max(steps) <= 0.05 + 1e-9
    assert kinds == {StraightMotion, CurvedMotion}
