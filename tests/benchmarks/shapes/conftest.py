"""Objects and scenes made by hand, so that a test says what it shows, and the first clips of every kind."""

from collections.abc import Callable
from functools import cache

import pytest

from refsam_hf.benchmarks.shapes import ShapesClip, generate_clip
from refsam_hf.benchmarks.shapes.background import Background
from refsam_hf.benchmarks.shapes.motion import Motion, StraightMotion
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject

NUM_CLIPS = 60


def _make_object(
    colour: str = "red",
    shape: str = "circle",
    texture: str = "plain",
    radius: float = 0.16,
    *,
    at: tuple[float, float] = (0.5, 0.5),
    velocity: tuple[float, float] = (0.0, 0.0),
    motion: Motion | None = None,
    depth: int = 0,
) -> ShapeObject:
    motion = motion or StraightMotion(at, velocity, (0.0, 0.0, 2.0, 1.0))
    return ShapeObject(
        colour, shape, texture, radius, depth, (200, 0, 0), (100, 0, 0), motion, tilt=0.0, swing=0.0,
        swing_speed=0.0, texture_angle=0.0,
    )  # fmt: skip


def _make_scene(*objects: ShapeObject, kind: str = "appearance") -> Scene:
    return Scene(kind, objects, Background("plain", (50, 60, 70), (0, 0, 0), 0.0, 0.1, 0.0, False, 0.0, 0), 2.0)


@cache
def _clips_of(kind: str) -> list[ShapesClip]:
    return [generate_clip("test", index, kind=kind, num_frames=12, size=(48, 64)) for index in range(NUM_CLIPS)]


@pytest.fixture(scope="session")
def make_object() -> Callable[..., ShapeObject]:
    return _make_object


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    return _make_scene


@pytest.fixture(scope="session")
def clips_of() -> Callable[[str], list[ShapesClip]]:
    """`clips_of(kind)`: the first 60 clips of a kind of the split `test`, 12 frames of 48x64, drawn once."""
    return _clips_of
