from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes.clip import generate_clip
from refsam_hf.benchmarks.shapes.config import SceneConfig
from refsam_hf.benchmarks.shapes.render import render_scene, visible_shares
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject

MakeObject = Callable[..., ShapeObject]
MakeScene = Callable[..., Scene]


def test_a_circle_is_where_it_should_be(make_object: MakeObject, make_scene: MakeScene) -> None:
    frames, labels = render_scene(make_scene(make_object(radius=0.2, at=(0.5, 0.4))), 1, (100, 200))
    y, x = np.mgrid[:100, :200] + 0.5
    assert (labels[0] == ((x - 50) ** 2 + (y - 40) ** 2 <= 20**2)).mean() > 0.999
    assert frames[0, 40, 50].tolist() == [200, 0, 0]
    assert frames[0, 90, 150].tolist() == [50, 60, 70]


def test_borders_are_soft(make_object: MakeObject, make_scene: MakeScene) -> None:
    frames, _ = render_scene(make_scene(make_object(radius=0.2)), 1, (100, 200))
    reds = np.unique(frames[0, :, :, 0])
    assert len(reds) > 10
    assert reds[0] == 50
    assert reds[-1] == 200


def test_the_nearer_object_covers_the_other(make_object: MakeObject, make_scene: MakeScene) -> None:
    back = make_object(radius=0.25, depth=0)
    front = replace(make_object(radius=0.1, depth=1), shade=(0, 0, 250))
    for objects, id_in_front in (((back, front), 2), ((front, back), 1)):
        frames, labels = render_scene(make_scene(*objects), 1, (100, 200))
        assert labels[0, 50, 50] == id_in_front
        assert frames[0, 50, 50].tolist() == [0, 0, 250]
        assert set(np.unique(labels)) == {0, 1, 2}


def test_motion_and_turn_show(make_object: MakeObject, make_scene: MakeScene) -> None:
    moving = make_object(shape="square", radius=0.15, velocity=(0.1, 0.0))
    turning = replace(make_object(shape="square", radius=0.15, at=(1.5, 0.5)), tilt=0.5)
    _, labels = render_scene(make_scene(moving, turning), 3, (100, 200))
    middles = [np.nonzero(frame == 1)[1].mean() + 0.5 for frame in labels]
    assert middles == pytest.approx([50, 60, 70], abs=0.01)
    assert len(np.unique(np.nonzero(labels[0] == 2)[1])) > len(np.unique(np.nonzero(labels[0] == 1)[1])) + 5


def test_an_object_outside_the_frame_draws_nothing(make_object: MakeObject, make_scene: MakeScene) -> None:
    scene = make_scene(make_object(), make_object(at=(1.9, 0.5)))
    _, labels = render_scene(scene, 1, (100, 100))
    assert set(np.unique(labels)) == {0, 1}
    assert visible_shares(scene, labels)[1, 0] == 0


def test_visible_shares(make_object: MakeObject, make_scene: MakeScene) -> None:
    half_outside = make_object(radius=0.2, at=(0.0, 0.5))
    covered = make_object(radius=0.1, at=(1.0, 0.5), depth=0)
    cover = make_object(radius=0.2, at=(1.0, 0.5), depth=1)
    scene = make_scene(half_outside, covered, cover)
    _, labels = render_scene(scene, 2, (100, 200))
    shares = visible_shares(scene, labels)
    assert shares.shape == (3, 2)
    assert shares[:, 0] == pytest.approx([0.5, 0.0, 1.0], abs=0.02)


def test_textures_mix_both_tones(make_object: MakeObject, make_scene: MakeScene) -> None:
    for texture in ("striped", "dotted"):
        frames, labels = render_scene(make_scene(make_object(texture=texture, radius=0.25)), 1, (160, 320))
        reds = frames[0, :, :, 0][labels[0] == 1]
        assert 0.45 < (reds > 195).mean() < 0.8
        assert 0.15 < (reds < 105).mean() < 0.5


# What people call these colours, apart from the shades that the program draws.
NAMED = {
    "red": (230, 20, 20), "green": (30, 170, 40), "blue": (30, 50, 225), "yellow": (250, 230, 30),
    "white": (250, 250, 250), "orange": (250, 135, 20), "purple": (140, 40, 165), "cyan": (40, 220, 230),
}  # fmt: skip


def test_the_pixels_have_the_colour_of_their_name() -> None:
    config = SceneConfig(textures=("plain",))
    seen = set()
    for index in range(60):
        clip = generate_clip("train", index, num_frames=1, size=(60, 80), config=config)
        for item, mask in zip(clip.scene.objects, clip.masks[:, 0], strict=True):
            if mask.sum() > 20:
                colour = np.median(clip.frames[0][mask], axis=0)
                nearest = min(NAMED, key=lambda name: float(np.abs(colour - NAMED[name]).sum()))
                assert nearest == item.colour, (index, colour)
                seen.add(nearest)
    assert seen == set(NAMED)
