import pytest

from refsam_hf.benchmarks.shapes import MIX, SceneConfig
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.kinds import LEAST_OBJECTS
from refsam_hf.benchmarks.shapes.layouts import LAYOUTS, Room
from refsam_hf.benchmarks.shapes.looks import look_range


def room(num_objects: tuple[int, int], aspect: float = 1.5) -> Room:
    config = SceneConfig(num_objects=num_objects)
    return Room(look_range("train", config, (100, 150)), num_objects, config.speed, aspect)


def test_the_box_keeps_an_object_in_the_frame_or_lets_a_share_of_it_out() -> None:
    assert room((2, 6)).box(0.2) == pytest.approx((0.2, 0.2, 1.3, 0.8))
    assert room((2, 6)).box(0.2, outside=0.25) == pytest.approx((0.15, 0.15, 1.35, 0.85))


def test_a_frame_that_is_too_narrow_leaves_one_place() -> None:
    x0, y0, x1, y1 = room((2, 6), aspect=0.3).box(0.2)
    assert (x0, x1) == (0.2, 0.2)
    assert (y0, y1) == pytest.approx((0.2, 0.8))


@pytest.mark.parametrize(
    ("num_objects", "least", "counts"), [((2, 4), 2, {2, 3, 4}), ((2, 4), 3, {3, 4}), ((2, 3), 3, {3})]
)
def test_how_many(num_objects: tuple[int, int], least: int, counts: set[int]) -> None:
    assert {room(num_objects).count(Draws(number), least) for number in range(60)} == counts


@pytest.mark.parametrize("kind", MIX)
@pytest.mark.parametrize("most", [3, 7, 12])
def test_every_layout_keeps_the_numbers_of_objects(kind: str, most: int) -> None:
    counts = {len(LAYOUTS[kind](Draws(kind, number), room((2, most)))) for number in range(40)}
    assert min(counts) >= LEAST_OBJECTS[kind]
    assert max(counts) <= most
    assert len(counts) > (0 if most == LEAST_OBJECTS[kind] else 1)


@pytest.mark.parametrize("kind", MIX)
def test_every_layout_can_do_with_the_least(kind: str) -> None:
    least = LEAST_OBJECTS[kind]
    assert len(LAYOUTS[kind](Draws(kind), room((2, least)))) == least


@pytest.mark.parametrize("kind", MIX)
def test_only_look_alikes_of_motion_scenes_are_kept_from_rocking(kind: str) -> None:
    bodies = [body for number in range(20) for body in LAYOUTS[kind](Draws(kind, number), room((2, 6)))]
    assert any(body.rocks for body in bodies)
    assert all(body.rocks for body in bodies) is (kind != "motion")
