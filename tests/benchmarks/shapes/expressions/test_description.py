from collections.abc import Callable

import pytest

from refsam_hf.benchmarks.shapes.expressions.description import Description, is_true_of_one, matches
from refsam_hf.benchmarks.shapes.scene import ShapeObject

MakeObject = Callable[..., ShapeObject]


@pytest.mark.parametrize(
    ("description", "ids"),
    [
        (Description(), (1, 2, 3)),
        (Description(colour="red"), (1, 2)),
        (Description(colour="red", shape="star"), (2,)),
        (Description(texture="striped"), (3,)),
        (Description(colour="green"), ()),
    ],
)
def test_attributes_choose_objects(make_object: MakeObject, description: Description, ids: tuple[int, ...]) -> None:
    objects = [make_object("red", "ring"), make_object("red", "star"), make_object("blue", "ring", "striped")]
    assert matches(description, objects) == ids


@pytest.mark.parametrize(
    ("other", "small", "large"), [(0.11, False, False), (0.14, False, False), (0.16, True, False), (0.2, True, True)]
)
def test_sizes_in_doubt_neither_name_nor_tell_apart(
    make_object: MakeObject, other: float, small: bool, large: bool
) -> None:
    pair = [make_object(radius=0.1), make_object(radius=other)]
    assert is_true_of_one(Description(size="small"), 1, pair) is small
    assert is_true_of_one(Description(size="large"), 2, pair) is large


def test_the_larger_of_exactly_two(make_object: MakeObject) -> None:
    larger, smaller = Description(shape="ring", comparison="larger"), Description(shape="ring", comparison="smaller")
    pair = [make_object(shape="ring", radius=0.2), make_object(shape="ring", radius=0.15), make_object(radius=0.25)]
    assert is_true_of_one(larger, 1, pair)
    assert not is_true_of_one(larger, 2, pair)
    assert is_true_of_one(smaller, 2, pair)
    three = [*pair, make_object(shape="ring", radius=0.09)]
    assert matches(larger, three) == ()
    too_close = [make_object(shape="ring", radius=0.2), make_object(shape="ring", radius=0.16)]
    assert matches(larger, too_close) == ()
