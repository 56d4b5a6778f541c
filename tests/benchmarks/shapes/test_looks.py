"""What objects may look like; the unseen pairs of colour and shape are where they should be, and only there."""

from collections import Counter
from collections.abc import Callable

import pytest

from refsam_hf.benchmarks.shapes import MIX, SceneConfig
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.looks import Look, LookRange, look_range, sample_look, sample_other_look, sample_twin
from refsam_hf.benchmarks.shapes.scene import Scene, sample_scene
from refsam_hf.benchmarks.shapes.vocabulary import COLOUR_NAMES, SHAPES, TEXTURES, UNSEEN_PAIRS

RANGE = look_range("train", SceneConfig(), (120, 160))


def scenes(split: str, kind: str, count: int) -> list[Scene]:
    return [sample_scene(split, kind, 0, index, SceneConfig(), (120, 160)) for index in range(count)]


@pytest.mark.parametrize("kind", MIX)
def test_train_val_and_test_never_show_an_unseen_pair(kind: str) -> None:
    shown = Counter(
        (item.colour, item.shape)
        for split in ("train", "val", "test")
        for scene in scenes(split, kind, 100)
        for item in scene.objects
    )
    assert not shown.keys() & UNSEEN_PAIRS
    assert len(shown) > 35, "nearly all of the other 40"


@pytest.mark.parametrize("kind", MIX)
def test_every_scene_of_test_unseen_shows_unseen_pairs_among_others(kind: str) -> None:
    new = other = 0
    first: Counter[bool] = Counter()
    for scene in scenes("test-unseen", kind, 60):
        unseen = [(item.colour, item.shape) in UNSEEN_PAIRS for item in scene.objects]
        assert any(unseen)
        first[unseen[0]] += 1
        new, other = new + sum(unseen), other + len(unseen) - sum(unseen)
    assert min(first[True], first[False]) >= 8, "the number of an object does not tell"
    assert new > other / 3
    assert other > new / 3, "what is asked for stands among pairs that training shows"


def test_the_range_of_a_split_and_a_frame() -> None:
    config = SceneConfig(colours=("red", "blue"), shapes=("ring", "star"), textures=("dotted",))
    seen = (("red", "star"), ("blue", "ring"), ("blue", "star"))
    assert look_range("val", config, (300, 100)) == LookRange(seen, ("dotted",), pytest.approx((0.08, 0.15)))
    assert set(look_range("test-unseen", config, (120, 160)).pairs) == {*seen, ("red", "ring")}
    with pytest.raises(ValueError, match="height of at least 38 pixels"):
        look_range("val", config, (20, 100))


def test_a_look_is_never_a_twin_in_all_and_size() -> None:
    for number in range(100):
        looks: list[Look] = []
        for _ in range(6):
            look = sample_look(Draws("look", number), RANGE, looks)
            for other in looks:
                if look.name == other.name:
                    assert max(look.radius, other.radius) >= 1.3 * min(look.radius, other.radius)
            looks.append(look)


def test_a_look_often_shares_words_with_earlier_ones_and_everything_occurs() -> None:
    first = Look("red", "star", "plain", 0.1)
    sampled = [sample_look(Draws("share", number), RANGE, [first]) for number in range(400)]
    same = Counter((look.colour == "red", look.shape == "star") for look in sampled)
    assert same[True, False] > 80
    assert same[False, True] > 80
    assert same[True, True] > 20
    assert same[False, False] > 80
    assert {look.colour for look in sampled} == set(COLOUR_NAMES)
    assert {look.shape for look in sampled} == set(SHAPES)
    assert {look.texture for look in sampled} == set(TEXTURES)
    assert all(0.08 <= look.radius <= 0.25 for look in sampled)


def test_another_look_differs_in_more_than_its_size() -> None:
    first = Look("red", "star", "plain", 0.1)
    sampled = [sample_other_look(Draws("other", number), RANGE, [first]) for number in range(200)]
    assert all(look.name != first.name for look in sampled)
    assert any((look.colour, look.shape) == ("red", "star") for look in sampled), "the texture alone may tell"
    assert any(look.colour != "red" and look.shape != "star" for look in sampled)


def test_where_there_is_one_look_twins_come_out_and_no_endless_loop() -> None:
    one = LookRange((("red", "star"),), ("plain",), (0.1, 0.1))
    first = sample_look(Draws("one"), one, [])
    assert sample_look(Draws("one"), one, [first]) == sample_other_look(Draws("one"), one, [first]) == first


@pytest.mark.parametrize("sample", [sample_look, sample_other_look])
def test_dots_on_thin_shapes_are_large_enough_to_be_read(sample: Callable[..., Look]) -> None:
    found = [sample(Draws("dots", number), RANGE, []) for number in range(600)]
    thin = [look for look in found if look.shape in ("ring", "cross") and look.texture == "dotted"]
    assert len(thin) > 20
    assert min(look.radius for look in thin) >= 0.12
    assert max(look.radius for look in thin) > 0.2
    for others in (
        [look for look in found if look.shape in ("ring", "cross") and look.texture != "dotted"],
        [look for look in found if look.shape not in ("ring", "cross") and look.texture == "dotted"],
    ):
        assert min(look.radius for look in others) < 0.1, "all others may be small"


def test_where_all_are_to_be_small_dots_are_too() -> None:
    small = LookRange((("red", "ring"),), ("dotted",), (0.08, 0.11))
    sampled = [sample_look(Draws("small", number), small, []) for number in range(50)]
    assert all(0.08 <= look.radius <= 0.11 for look in sampled)


def test_a_twin_has_any_other_size_and_the_same_words() -> None:
    for look in (Look("red", "star", "plain", 0.1), Look("red", "ring", "dotted", 0.1)):
        twins = [sample_twin(Draws("twin", number), RANGE, look) for number in range(200)]
        assert {twin.name for twin in twins} == {look.name}
        radii = [twin.radius for twin in twins]
        least = 0.12 if look.texture == "dotted" else 0.08
        assert least <= min(radii) < least + 0.01
        assert 0.24 < max(radii) <= 0.25
