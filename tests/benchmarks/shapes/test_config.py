import re
from typing import Any

import pytest

from refsam_hf.benchmarks.shapes.config import SceneConfig
from refsam_hf.benchmarks.shapes.vocabulary import COLOUR_NAMES, SHAPES, UNSEEN_PAIRS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_objects": (1, 4)}, "num_objects: expected two integers (low, high) with 2 <= low <= high <= 12, got"),
        ({"num_objects": (5, 3)}, "num_objects"),
        ({"num_objects": (2, 400)}, "num_objects"),
        ({"num_objects": (2.0, 3.0)}, "num_objects"),
        ({"num_objects": 3}, "num_objects"),
        ({"radius": (0.2, 0.1)}, "radius: expected two numbers"),
        ({"radius": (0.1, float("nan"))}, "radius"),
        ({"radius": (0.1, 0.2, 0.3)}, "radius"),
        ({"radius": ("0.1", "0.2")}, "radius"),
        ({"speed": (-0.1, 0.1)}, "speed"),
        ({"speed": (True, True)}, "speed"),
        ({"colours": ()}, "colours: expected one or more different names out of red, green"),
        ({"colours": ("red", "red")}, "got ('red', 'red')"),
        ({"colours": ("red", "mauve")}, "got ('red', 'mauve')"),
        ({"shapes": "circle"}, "shapes"),
        ({"textures": ("rough",)}, "textures"),
        ({"backgrounds": [["plain"]]}, "backgrounds"),
    ],
)
def test_bad_values_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        SceneConfig(**changes)


def test_lists_become_tuples() -> None:
    config = SceneConfig(colours=["red", "blue"], num_objects=[2, 3])  # type: ignore[arg-type]
    assert config == SceneConfig(colours=("red", "blue"), num_objects=(2, 3))
    assert hash(config) is not None


def test_a_narrow_frame_cuts_the_largest_radius() -> None:
    assert SceneConfig().radius_range((120, 160)) == (0.08, 0.25)
    assert SceneConfig().radius_range((300, 100)) == pytest.approx((0.08, 0.15))


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((37, 80), "height of at least 38 pixels"),
        ((1, 4000), "height of at least 38 pixels"),
        ((200, 30), "width of at least 36 pixels"),
    ],
)
def test_frames_that_do_not_hold_the_objects(size: tuple[int, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"{message}.*got {size[0]}x{size[1]}"):
        SceneConfig().radius_range(size)


def test_more_objects_than_fit() -> None:
    with pytest.raises(ValueError, match=r"at most 4 objects of radius 0\.25 in a frame of 120x160, got up to 6"):
        SceneConfig(radius=(0.25, 0.25)).radius_range((120, 160))


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_only_one_split_has_the_unseen_pairs(split: str) -> None:
    every = {(colour, shape) for colour in COLOUR_NAMES for shape in SHAPES}
    assert set(SceneConfig().pairs(split)) == every - UNSEEN_PAIRS
    assert set(SceneConfig().pairs("test-unseen")) == every


@pytest.mark.parametrize(
    ("split", "config", "message"),
    [
        ("train", {"colours": ("red",), "shapes": ("ring",)}, "one pair that is not kept for 'test-unseen'.*red ring"),
        (
            "test-unseen",
            {"colours": ("red", "blue"), "shapes": ("star",)},
            "one pair of those kept.*only red star, blue star",
        ),
    ],
)
def test_no_free_pair_of_colour_and_shape(split: str, config: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^colours and shapes: expected at least {message}"):
        SceneConfig(**config).pairs(split)
