"""Objects and scenes made by hand, so that a test says what it shows."""

from collections.abc import Callable

import pytest

from refsam_hf.benchmarks.shapes.background import Background
from refsam_hf.benchmarks.shapes.motion import StraightMotion
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject


def _make_object(
    colour: str = "red",
    shape: str = "circle",
    texture: str = "plain",
    radius: float = 0.16,
    *,
    at: tuple[float, float] = (0.5, 0.5),
    velocity: tuple[float, float] = (0.0, 0.0),
    depth: int = 0,
) -> ShapeObject:
    motion = StraightMotion(at, velocity, (0.0, 0.0, 2.0, 1.0))
    return ShapeObject(
        colour, shape, texture, radius, depth, (200, 0, 0), (100, 0, 0), motion, tilt=0.0, swing=0.0,
        swing_speed=0.0, texture_angle=0.0,
    )  # fmt: skip


def _make_scene(*objects: ShapeObject) -> Scene:
    return Scene(objects, Background("plain", (50, 60, 70), (0, 0, 0), 0.0, 0.1, 0.0, False, 0.0, 0), 2.0)


@pytest.fixture
def make_object() -> Callable[..., ShapeObject]:
    return _make_object


@pytest.fixture
def make_scene() -> Callable[..., Scene]:
    return _make_scene
