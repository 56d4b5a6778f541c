from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.expressions.description import Description
from refsam_hf.benchmarks.shapes.expressions.phrasing import phrase


def _phrases(description: Description) -> set[str]:
    draws = Draws("phrases")
    return {phrase(description, draws) for _ in range(400)}


def test_ways_to_say_colour_and_shape() -> None:
    assert _phrases(Description("red", "circle")) == {
        f"{article}{rest}"
        for article in ("the ", "")
        for rest in ("red circle", "circle that is red", "circle in red")
    }


def test_ways_to_say_a_texture() -> None:
    assert {"the star with stripes", "striped star", "the striped star"} <= _phrases(
        Description(None, "star", "striped")
    )
    assert {"the blue ring with spots", "the dotted ring in blue"} <= _phrases(Description("blue", "ring", "dotted"))
    assert {"the plain one", "the solid thing"} <= _phrases(Description(texture="plain"))


def test_a_size_stands_first() -> None:
    assert "the small striped star" in _phrases(Description(None, "star", "striped", "small"))
    assert "the big dotted red cross" in _phrases(Description("red", "cross", "dotted", "large"))


def test_ways_to_compare() -> None:
    phrases = _phrases(Description("blue", "cross", comparison="larger"))
    assert {"the larger blue cross", "the bigger of the two blue crosses"} <= phrases
    assert all(text.split()[:2] in (["the", "larger"], ["the", "bigger"]) for text in phrases)


def test_one_is_never_said_without_the() -> None:
    assert not any(text.endswith(" one") and not text.startswith("the ") for text in _phrases(Description("red")))
