"""Values from the command line: texts where texts are asked for, YAML elsewhere."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from refsam_hf.training.config_reading import read_config


@dataclass
class Inner:
    text: str = "a"
    number: float = 1.0


@dataclass
class Options:
    text: str = "a"
    text_or_none: str | None = "a"
    number: float = 1.0
    number_or_none: int | None = 1
    flag: bool = False
    texts: list[str] = field(default_factory=lambda: ["a", "b"])
    anything: dict[str, Any] = field(default_factory=dict)
    choice: str = field(default="no", metadata={"choices": ("no", "bf16")})
    inner: list[Inner] = field(default_factory=list)


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "options.yaml"
    path.write_text("texts: [a, b]\ninner: [{}]\nanything: {given: 1}\n", encoding="utf-8")
    return lambda *overrides: read_config(Options, path, overrides)


LIKE_OTHER_THINGS = ("1e-4", "0010", "1_000", "1.0", "2026-11-25", "yes", "no", "on", "true", "a: b", "[a]", "!!int 3")
NO_YAML = ("50%:", ":50%", "{a", "*a", "&a b", "@a", "%a", "- a: b: c")
OTHERS = ("a #b", "C:\\clips", " a ", "it's", "Nullhausen", "äöü", "a\nb")


@pytest.mark.parametrize("text", [*LIKE_OTHER_THINGS, *NO_YAML, *OTHERS])
def test_a_text_is_what_was_written(read, text):
    options = read("--text", text, f"--text_or_none={text}", "--inner.0.text", text, "--texts.1", text)
    assert (options.text, options.text_or_none, options.inner[0].text, options.texts) == (
        text,
        text,
        text,
        ["a", text],
    )


QUOTED = {'"50%:"': "50%:", "'null'": "null", '"a\\nb"': "a\nb", "'it''s'": "it's", "''": ""}


@pytest.mark.parametrize("text", QUOTED)
def test_quotes_that_reach_us_are_those_of_yaml(read, text):
    options = read("--text", text, "--text_or_none", text)
    assert options.text == options.text_or_none == QUOTED[text]


@pytest.mark.parametrize("text", ['"a" b', '"', "'a"])
def test_quotes_that_yaml_does_not_close_are_part_of_the_text(read, text):
    assert read("--text", text).text == text


@pytest.mark.parametrize("text", ["null", "~", ""])
def test_nothing(read, text):
    options = read("--text_or_none", text, "--number_or_none", text)
    assert options.text_or_none is None
    assert options.number_or_none is None
    with pytest.raises(ValueError, match=r"^text: expected a text, got nothing$"):
        read("--text", text)


def test_all_else_is_yaml(read):
    options = read("--number", "1e-4", "--flag", "yes", "--texts", "[c, d]", "--anything.a.b", "[1, yes, 0.5]")
    assert (options.number, options.flag, options.texts) == (1e-4, True, ["c", "d"])
    assert options.anything == {"given": 1, "a": {"b": [1, True, 0.5]}}
    assert read("--choice", "no").choice == "no", "YAML reads false"


def test_names_may_have_dashes(read):
    assert read("--text-or-none", "a-b").text_or_none == "a-b"
    assert read("--number-or-none=-2").number_or_none == -2


def test_an_override_into_an_override(read):
    options = read("--inner", "[{text: a}, {number: 2}]", "--inner.1.text", "no", "--anything", "{a: 1}")
    assert [(inner.text, inner.number) for inner in options.inner] == [("a", 1.0), ("no", 2.0)]
    assert options.anything == {"a": 1}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("--number", "50%:"), r"^number: expected a number, got \{'50%': None\} \(dict\)$"),
        (("--number", "[1"), r"^--number: '\[1' is not a YAML value: "),
        (("--anything.a", "{b"), r"^--anything.a: '\{b' is not a YAML value: "),
        (("--texts", "[yes]"), r"^texts.0: expected a text, got True \(bool\); in quotes it is one$"),
        (("--text.a", "1", "--text.a.b", "2"), r"^--text.a.b: 'b' stands in a value that has no parts, 1 \(int\)$"),
        (("--choice", "false"), "^choice: expected one of no, bf16, got 'false'$"),
    ],
)
def test_what_does_not_fit_is_named(read, overrides, message):
    with pytest.raises(ValueError, match=message):
        read(*overrides)
