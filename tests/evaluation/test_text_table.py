"""Numbers under one another."""

from refsam_hf.evaluation.text_table import markdown_table, text_table


def test_columns_are_aligned_and_gaps_are_blank():
    rows = {
        "appearance": {"expressions": 80, "j": 0.7654, "lost": 0.0},
        "reappearance": {"expressions": 4, "j": 1.0, "lost": 0.25, "hidden_empty": float("nan")},
        "absent": {"expressions": 16, "empty": 0.5, "unknown": 3},
    }
    assert text_table(rows).splitlines() == [
        "kind          expressions      J   lost  hidden empty  empty",
        "appearance             80  0.765  0.000",
        "reappearance            4  1.000  0.250",
        "absent                 16                              0.500",
    ]


def test_other_columns():
    assert (
        text_table({"x": {"b": 0.5, "a": 2}}, {"a": "A", "b": "B", "c": "C"}, corner="") == "   A      B\nx  2  0.500"
    )


def test_the_same_in_markdown():
    rows = {"a|b": {"expressions": 3, "j": 0.25}, "all": {"expressions": 4, "j": float("nan")}}
    assert markdown_table(rows).splitlines() == [
        "| kind | expressions | J |",
        "|---|---|---|",
        "| a\\|b | 3 | 0.250 |",
        "| all | 4 |  |",
    ]
