"""Objects and scenes made by hand, so that a test says what it shows; the first clips of every kind; and a reader of
heads that shares nothing with the code that writes them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import dropwhile, takewhile

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes import ShapesClip, generate_clip
from refsam_hf.benchmarks.shapes.background import Background
from refsam_hf.benchmarks.shapes.motion import Motion, StraightMotion
from refsam_hf.benchmarks.shapes.render import render_scene
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject

NUM_CLIPS = 60

NOUNS = {name: name for name in ("circle", "square", "triangle", "star", "ring", "cross")}
NOUNS |= {f"{name}s": name for name in NOUNS} | {"crosses": "cross"}
COLOURS = {"red", "green", "blue", "yellow", "white", "orange", "purple", "cyan"}
TEXTURES = {"plain": "plain", "solid": "plain", "striped": "striped", "dotted": "dotted", "spotted": "dotted"}
ANYTHING = {"object", "thing", "shape", "one", "objects", "things", "shapes", "ones"}


def _agrees(word: str, item: ShapeObject) -> bool:
    if word in COLOURS:
        return item.colour == word
    if word in NOUNS:
        return item.shape == NOUNS[word]
    return word in ANYTHING or item.texture == TEXTURES[word]


def _fitting(text: str, objects: Sequence[ShapeObject]) -> list[int]:
    """The ids of the objects of which the first appearance words of a text, up to any other word, are true."""
    known = COLOURS | NOUNS.keys() | TEXTURES.keys() | ANYTHING
    head = list(takewhile(known.__contains__, dropwhile(lambda word: word not in known, text.split())))
    assert head, text
    return [i for i, item in enumerate(objects, start=1) if all(_agrees(word, item) for word in head)]


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


@cache
def _drawn_alone(scene: Scene, num_frames: int) -> np.ndarray:
    """bool (O, T, 96, W): the masks of each object as if there were no others."""
    size = (96, round(96 * scene.aspect))
    plain = Background("plain", (50, 60, 70), (0, 0, 0), 0.0, 0.1, 0.0, False, 0.0, 0)
    return (
        np.stack(
            [render_scene(replace(scene, objects=(o,), background=plain), num_frames, size)[1] for o in scene.objects]
        )
        > 0
    )


def _measured(scene: Scene, num_frames: int) -> np.ndarray:
    """float64 (O, T, 2): centres of mass, in heights of the frame, NaN where an object is out of it."""
    masks = _drawn_alone(scene, num_frames)
    down, right = (np.arange(length) + 0.5 for length in masks.shape[2:])
    with np.errstate(invalid="ignore"):
        x = (masks.sum(axis=2) * right).sum(axis=-1) / masks.sum(axis=(2, 3))
        y = (masks.sum(axis=3) * down).sum(axis=-1) / masks.sum(axis=(2, 3))
    return np.stack([x, y], axis=-1) / masks.shape[2]


@pytest.fixture(scope="session")
def drawn_alone() -> Callable[[Scene, int], np.ndarray]:
    """`drawn_alone(scene, num_frames)`: masks bool (O, T, 96, W) of each object as if there were no others."""
    return _drawn_alone


@pytest.fixture(scope="session")
def measured() -> Callable[[Scene, int], np.ndarray]:
    """`measured(scene, num_frames)`: (O, T, 2) centres of mass of those masks, in heights of the frame."""
    return _measured


@pytest.fixture(scope="session")
def fitting() -> Callable[[str, Sequence[ShapeObject]], list[int]]:
    """`fitting(text, objects)`: what an expression may mean for who knows its head alone, ids from 1."""
    return _fitting
