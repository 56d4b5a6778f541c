import pytest

from refsam_hf.benchmarks.shapes.layouts.placement import crowding, least_crowded
from refsam_hf.benchmarks.shapes.motion import Motion, WaypointMotion


def at(x: float) -> WaypointMotion:
    return WaypointMotion(((0, x, 0.5),))


def test_crowding_is_the_depth_in_the_smaller_one_and_counts_double_at_first() -> None:
    placed = [(at(0.5), 0.2), (at(5.0), 0.2)]
    assert crowding(at(1.0), 0.2, placed) == 0
    assert crowding(at(0.8), 0.2, placed) == pytest.approx(2 * 0.5)
    assert crowding(at(0.7), 0.1, placed) == pytest.approx(2 * 1.0)
    coming = WaypointMotion(((0, 2.0, 0.5), (3, 0.8, 0.5)))
    assert crowding(coming, 0.2, placed) == pytest.approx(0.5)
    assert crowding(coming, 0.2, placed, frames=(0, 1)) == 0, "only the frames asked for"
    assert crowding(at(0.5), 0.2, []) == 0


def test_the_first_that_is_free_enough_is_taken() -> None:
    tried: list[float] = []
    places = iter((0.5, 0.8, 0.85, 2.0))

    def sample() -> Motion:
        tried.append(next(places))
        return at(tried[-1])

    assert least_crowded(sample, 0.2, [(at(0.5), 0.2)], enough=0.8) == at(0.85)
    assert tried == [0.5, 0.8, 0.85]


def test_the_best_of_all_is_taken_where_none_is_free_enough() -> None:
    places = iter((0.5, 0.7, 0.6, 3.0))
    best = least_crowded(lambda: at(next(places)), 0.2, [(at(0.5), 0.2)], enough=0.0, tries=3)
    assert best == at(0.7)
    assert next(places) == 3.0, "it ends after its tries"
