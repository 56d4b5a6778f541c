import numpy as np

from refsam_hf.benchmarks.shapes import SceneConfig
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.layouts import Body, Room
from refsam_hf.benchmarks.shapes.layouts.appearance import lay_out_appearance
from refsam_hf.benchmarks.shapes.looks import look_range


def lay_out(number: int, config: SceneConfig | None = None) -> list[Body]:
    config = config or SceneConfig()
    room = Room(look_range("train", config, (120, 160)), config.num_objects, config.speed, 160 / 120)
    return lay_out_appearance(Draws("appearance", number), room)


SCENES = [lay_out(number) for number in range(150)]


def test_no_two_are_twins() -> None:
    for bodies in SCENES:
        for number, body in enumerate(bodies):
            for other in bodies[:number]:
                if body.look.name == other.look.name:
                    small, large = sorted((body.look.radius, other.look.radius))
                    assert large >= 1.3 * small


def test_all_move_and_may_leave_the_frame_by_a_quarter_of_their_radius() -> None:
    out = 0
    for body in (body for bodies in SCENES for body in bodies):
        path = np.array([body.motion.position(t) for t in range(30)])
        steps = np.linalg.norm(np.diff(path, axis=0), axis=-1)
        assert 0 < steps.max() <= 0.0501
        margin = 0.75 * body.look.radius
        assert (path >= margin - 1e-9).all()
        assert (path <= np.array([160 / 120, 1.0]) - margin + 1e-9).all()
        out += (path < body.look.radius - 1e-9).any()
    assert out > 20, "some do"


def test_the_speed_is_kept() -> None:
    for number in range(20):
        for body in lay_out(number, SceneConfig(speed=(0.0, 0.0))):
            assert body.motion.position(0) == body.motion.position(20)


def test_size_orders_them_in_depth() -> None:
    assert all(body.nearness is None for bodies in SCENES for body in bodies)


def test_some_overlap_at_first_and_hardly_any_much() -> None:
    near: list[float] = []
    for bodies in SCENES:
        for number, body in enumerate(bodies):
            for other in bodies[:number]:
                distance = np.linalg.norm(np.subtract(body.motion.position(0), other.motion.position(0)))
                near.append(float(distance) / (body.look.radius + other.look.radius))
    assert 0.02 < np.mean(np.array(near) < 1.0) < 0.2
    assert np.mean(np.array(near) < 0.5) < 0.02
