"""Courses made by hand: each question has a yes, a no, and ways to be in doubt."""

from collections.abc import Callable

import pytest

from refsam_hf.benchmarks.shapes.expressions.courses import Course, course_of
from refsam_hf.benchmarks.shapes.motion import Point, WaypointMotion
from refsam_hf.benchmarks.shapes.scene import ShapeObject

UP, DOWN, LEFT, RIGHT = (0.0, -1.0), (0.0, 1.0), (-1.0, 0.0), (1.0, 0.0)
STILL: Point = (0.0, 0.0)


@pytest.fixture
def course(make_object: Callable[..., ShapeObject]) -> Callable[..., Course]:
    """`course((count, step), ...)`: so many steps (x, y) of each sort, from (0.5, 0.5) on."""

    def make(*legs: tuple[int, Point]) -> Course:
        stops = [(0, 0.5, 0.5)]
        for count, (dx, dy) in legs:
            t, x, y = stops[-1]
            stops.append((t + count, x + count * dx, y + count * dy))
        return course_of(make_object(motion=WaypointMotion(tuple(stops))), stops[-1][0] + 1)

    return make


MakeCourse = Callable[..., Course]


def test_a_course_is_where_an_object_is(course: MakeCourse) -> None:
    there_and_back = course((2, (0.03, 0.04)), (1, (-0.03, -0.04)))
    assert [x for x, _ in there_and_back.points] == pytest.approx([0.5, 0.53, 0.56, 0.53])
    assert there_and_back.steps == pytest.approx([0.05, 0.05, 0.05])
    assert there_and_back.along(RIGHT) == pytest.approx([0, 0.03, 0.06, 0.03])
    assert there_and_back.along(UP) == pytest.approx([0, -0.04, -0.08, -0.04])
    assert there_and_back.away() == pytest.approx([0, 0.05, 0.1, 0.05])
    assert there_and_back.path() == pytest.approx([0, 0.05, 0.1, 0.15])


@pytest.mark.parametrize("direction", [UP, DOWN, LEFT, RIGHT])
def test_it_goes_in_one_direction_and_not_in_the_others(course: MakeCourse, direction: Point) -> None:
    going = course((5, (0.04 * direction[0], 0.04 * direction[1])))
    assert [going.goes(other) for other in (UP, DOWN, LEFT, RIGHT)] == [
        other == direction for other in (UP, DOWN, LEFT, RIGHT)
    ]


@pytest.mark.parametrize(
    ("legs", "answer"),
    [
        ([(5, (0.04, 0.0))], True),
        ([(5, (0.04, 0.0)), (5, STILL)], True),
        ([(5, STILL), (5, (0.04, 0.0))], True),
        ([(5, (0.04, 0.012))], True),
        ([(5, (0.04, 0.016))], None),  # not straight
        ([(3, (0.04, 0.0)), (3, (0.0, 0.02)), (3, (0.0, -0.02))], None),  # nor is a detour
        ([(3, (0.03, 0.0))], None),  # not far
        ([(5, (0.04, 0.0)), (1, (-0.02, 0.0))], None),  # and back
        ([(5, (0.04, 0.0)), (5, (-0.04, 0.0))], None),
        ([(3, (0.009, 0.0)), (9, (-0.04, 0.0))], False),
        ([(9, (0.003, 0.0))], False),
        ([(9, STILL)], False),
        ([(9, (0.0, 0.04))], False),
    ],
)
def test_whether_it_goes_right(course: MakeCourse, legs: list[tuple[int, Point]], answer: bool | None) -> None:
    assert course(*legs).goes(RIGHT) is answer


@pytest.mark.parametrize(
    ("legs", "answer"),
    [
        ([(5, (0.0, 0.03))], True),
        ([(1, (0.0, 0.13)), (9, STILL)], True),
        ([(9, STILL)], False),
        ([(9, (0.0001, 0.0))], False),
        ([(5, (0.0, 0.02))], None),  # not far
        ([(9, (0.001, 0.0))], None),
        ([(5, (0.0, 0.03)), (5, (0.0, -0.03))], None),  # and back
        ([(5, (0.0, 0.0004)), (5, (0.0, -0.0004))], None),
    ],
)
def test_whether_it_moves(course: MakeCourse, legs: list[tuple[int, Point]], answer: bool | None) -> None:
    assert course(*legs).moves() is answer


@pytest.mark.parametrize(
    ("legs", "frame"),
    [
        ([(4, (0.02, 0.0)), (5, STILL)], 4),
        ([(2, (0.02, 0.0)), (3, (0.0, 0.02)), (1, STILL)], 5),
        ([(2, (0.02, 0.0)), (1, STILL)], 2),
        ([(4, (0.02, 0.0)), (5, (0.0005, 0.0))], 4),
        ([(6, (0.02, 0.0))], 7),  # never: as many as there are frames
        ([(1, (0.02, 0.0)), (5, STILL)], None),  # hardly begun
        ([(6, STILL)], None),
        ([(6, (0.005, 0.0))], None),  # does it move?
        ([(4, (0.02, 0.0)), (5, (0.005, 0.0))], None),  # does it rest?
        ([(4, (0.02, 0.0)), (2, STILL), (3, (0.02, 0.0))], None),  # not for good
        ([(2, STILL), (4, (0.02, 0.0)), (2, STILL)], None),
    ],
)
def test_when_it_stops(course: MakeCourse, legs: list[tuple[int, Point]], frame: int | None) -> None:
    assert course(*legs).stops_at() == frame


@pytest.mark.parametrize(
    ("legs", "frame"),
    [
        ([(4, (0.02, 0.0)), (5, (-0.02, 0.0))], 4),
        ([(2, (0.0, 0.02)), (9, (0.0, -0.03))], 2),
        ([(4, (0.02, 0.01)), (3, (-0.02, -0.01))], 4),
        ([(6, (0.02, 0.0))], 7),  # never
        ([(5, (0.02, 0.0)), (1, (0.0195, 0.004))], 7),
        ([(1, (0.02, 0.0)), (5, (-0.02, 0.0))], None),  # hardly begun
        ([(4, (0.02, 0.0)), (4, (0.0, 0.02))], None),  # to the side is not back
        ([(4, (0.02, 0.0)), (4, (-0.01, 0.02))], None),
        ([(4, (0.02, 0.0)), (1, STILL), (4, (-0.02, 0.0))], None),  # it rests
        ([(4, (0.02, 0.0)), (3, (-0.02, 0.0)), (3, (0.02, 0.0))], None),  # and turns again
        ([(6, STILL)], None),
    ],
)
def test_when_it_turns_around(course: MakeCourse, legs: list[tuple[int, Point]], frame: int | None) -> None:
    assert course(*legs).turns_at() == frame


def test_one_frame_shows_no_motion(make_object: Callable[..., ShapeObject]) -> None:
    photo = course_of(make_object(velocity=(0.1, 0.0)), 1)
    assert photo.goes(RIGHT) is False
    assert photo.moves() is False
    assert photo.stops_at() == 1
    assert photo.turns_at() is None
