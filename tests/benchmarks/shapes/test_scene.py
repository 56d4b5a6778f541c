from collections import Counter

import pytest

from refsam_hf.benchmarks.shapes.config import SceneConfig
from refsam_hf.benchmarks.shapes.kinds import MIX
from refsam_hf.benchmarks.shapes.scene import sample_scene
from refsam_hf.benchmarks.shapes.vocabulary import BACKGROUNDS, COLOUR_NAMES, SHAPES, TEXTURES

SCENES = [sample_scene("train", "appearance", 0, index, SceneConfig(), (120, 160)) for index in range(200)]


def test_everything_occurs() -> None:
    objects = [item for scene in SCENES for item in scene.objects]
    assert {len(scene.objects) for scene in SCENES} == {2, 3, 4, 5, 6}
    assert {item.colour for item in objects} == set(COLOUR_NAMES)
    assert {item.shape for item in objects} == set(SHAPES)
    assert {item.texture for item in objects} == set(TEXTURES)
    assert {scene.background.kind for scene in SCENES} == set(BACKGROUNDS)
    assert {type(item.motion).__name__ for item in objects} == {"StraightMotion", "CurvedMotion"}
    radii = [item.radius for item in objects]
    assert 0.08 <= min(radii) < 0.09
    assert 0.24 < max(radii) <= 0.25


def test_many_scenes_need_more_than_one_word() -> None:
    def shared(*names: str) -> float:
        counts = [Counter(tuple(getattr(o, n) for n in names) for o in scene.objects) for scene in SCENES]
        return sum(max(count.values()) > 1 for count in counts) / len(SCENES)

    assert shared("colour") > 0.5
    assert shared("shape") > 0.5
    assert shared("colour", "shape") > 0.25


def test_look_alikes_differ_clearly_in_size() -> None:
    for scene in SCENES:
        for number, item in enumerate(scene.objects):
            for other in scene.objects[:number]:
                if (item.colour, item.shape, item.texture) == (other.colour, other.shape, other.texture):
                    assert max(item.radius, other.radius) >= 1.3 * min(item.radius, other.radius)


@pytest.mark.parametrize("kind", MIX)
def test_every_object_has_its_own_depth(kind: str) -> None:
    for scene in (sample_scene("train", kind, 0, index, SceneConfig(), (120, 160)) for index in range(30)):
        assert scene.kind == kind
        assert sorted(item.depth for item in scene.objects) == list(range(len(scene.objects)))


def test_centres_stay_in_the_frame() -> None:
    for scene in SCENES[:50]:
        for item in scene.objects:
            for x, y in (item.motion.position(t) for t in range(40)):
                assert 0 < x < scene.aspect
                assert 0 < y < 1


def test_objects_turn_mildly() -> None:
    cosines = [item.rotation(t)[0] for scene in SCENES[:50] for item in scene.objects for t in range(40)]
    assert 0.84 < min(cosines) < 0.95  # cos(0.25 + 0.3) = 0.853


@pytest.mark.parametrize("kind", MIX)
def test_a_config_of_one_look_ends(kind: str) -> None:
    config = SceneConfig(
        num_objects=(6, 6), radius=(0.1, 0.1), colours=("red",), shapes=("star",), textures=("plain",)
    )
    scene = sample_scene("train", kind, 0, 0, config, (120, 160))
    assert len(scene.objects) == 6


@pytest.mark.parametrize("kind", MIX)
def test_the_scene_depends_on_the_shape_of_the_frame_only(kind: str) -> None:
    small, large = (sample_scene("val", kind, 0, 3, SceneConfig(), size) for size in ((60, 80), (240, 320)))
    assert small == large


@pytest.mark.parametrize(
    "other",
    [
        ("val", "motion", 0, 1),
        ("test-unseen", "motion", 0, 1),
        ("train", "relation", 0, 1),
        ("train", "motion", 1, 1),
        ("train", "motion", 0, 2),
    ],
)
def test_split_kind_seed_and_index_count(other: tuple[str, str, int, int]) -> None:
    scene = sample_scene("train", "motion", 0, 1, SceneConfig(), (60, 80))
    changed = sample_scene(*other, SceneConfig(), (60, 80))
    assert changed.objects != scene.objects
    assert changed.background != scene.background
