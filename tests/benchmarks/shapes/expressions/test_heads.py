from collections.abc import Callable

from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.expressions.description import Description
from refsam_hf.benchmarks.shapes.expressions.heads import heads_of, noun_phrase
from refsam_hf.benchmarks.shapes.scene import ShapeObject
from refsam_hf.benchmarks.shapes.vocabulary import WORDS

MakeObject = Callable[..., ShapeObject]


def _phrases(description: Description, many: bool = False) -> set[str]:
    draws = Draws("heads")
    return {noun_phrase(description, draws, many) for _ in range(200)}


def test_a_head_is_true_of_the_target_and_of_others(make_object: MakeObject) -> None:
    objects = [make_object("red", "star"), make_object("red", "star"), make_object("red", "ring", "dotted")]
    plain_red_star = {"texture": "plain", "colour": "red", "shape": "star"}
    assert heads_of(1, objects).keys() == heads_of(2, objects).keys() == {
        Description(colour="red", shape="star"),
        Description(shape="star"),
        Description(colour="red"),
        Description(texture="plain", shape="star"),
        Description(**plain_red_star),
        Description(),
    }  # fmt: skip
    assert heads_of(3, objects).keys() == {Description(colour="red"), Description()}
    assert max(heads_of(1, objects).items(), key=lambda pair: pair[1])[0] == Description(colour="red", shape="star")


def test_who_shares_nothing_has_the_empty_head_only(make_object: MakeObject) -> None:
    objects = [make_object("red", "star"), make_object("blue", "ring", "dotted")]
    assert heads_of(1, objects).keys() == {Description()}
    assert heads_of(1, objects[:1]) == {}


def test_sizes_do_not_tell_look_alikes_apart(make_object: MakeObject) -> None:
    objects = [make_object(radius=0.08), make_object(radius=0.25)]
    assert Description(colour="red", shape="circle") in heads_of(1, objects)
    assert all(head.size is None and head.comparison is None for head in heads_of(1, objects))


def test_ways_to_say_a_head() -> None:
    assert _phrases(Description("red", "ring")) == {"red ring"}
    assert _phrases(Description("red", "ring", "striped")) == {"striped red ring"}
    assert _phrases(Description(None, "star", "dotted")) == {"dotted star", "spotted star"}
    assert _phrases(Description("blue")) == {"blue one", "blue object", "blue thing", "blue shape"}
    assert _phrases(Description()) == {"one", "object", "thing", "shape"}


def test_many_of_them() -> None:
    assert _phrases(Description("red", "cross"), many=True) == {"red crosses"}
    several = _phrases(Description("blue"), many=True)
    assert several == {"blue ones", "blue objects", "blue things", "blue shapes"}
    assert {word for phrase in several for word in phrase.split()} <= set(WORDS)
