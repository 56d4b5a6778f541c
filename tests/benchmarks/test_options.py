"""Options of loaders: known names, fitting values, read from texts."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from refsam_hf.benchmarks.options import check_options, option_names, read_options
from refsam_hf.benchmarks.problems import BenchmarkError


def load(
    name: str,
    root: str,
    split: str,
    *,
    split_by: str | None = None,
    strict: bool = False,
    count: int = 1,
    share: float = 0.5,
    size: Sequence[int] = (),
    error: BenchmarkError | None = None,
    anything=None,
) -> list[Any]:
    return []


LOAD = partial(load, "made")


def test_options_are_what_a_loader_takes_by_name_only() -> None:
    assert option_names(LOAD) == ("split_by", "strict", "count", "share", "size", "error", "anything")


def test_texts_become_values_of_the_types_that_are_asked_for() -> None:
    given = ["split_by=50%:", "strict=true", "count=3", "share=1", "size=[4, 5]", "anything={a: 1}"]
    assert read_options("made", LOAD, given) == {
        "split_by": "50%:",  # as it stands, though YAML would refuse it
        "strict": True,
        "count": 3,
        "share": 1,
        "size": [4, 5],
        "anything": {"a": 1},
    }
    assert read_options("made", LOAD, ["split_by=1", "strict=True"]) == {"split_by": "1", "strict": True}


def of_a_module_with_late_annotations(source: str) -> Any:
    module: dict[str, Any] = {}
    exec(compile(f"from __future__ import annotations\n{source}", "late.py", "exec"), module)
    return module["load"]


def test_annotations_may_be_texts_as_future_annotations_are() -> None:
    late = of_a_module_with_late_annotations(
        "def load(root, split, *, split_by: str | None = None, count: int = 1): ..."
    )
    assert read_options("made", late, ["split_by=1", "count=2"]) == {"split_by": "1", "count": 2}
    with pytest.raises(ValueError, match="expected a whole number as the option count, got 'x'"):
        read_options("made", partial(late), ["count=x"])


def test_a_loader_of_which_an_annotation_is_unknown_takes_what_is_given() -> None:
    late = of_a_module_with_late_annotations("def load(root, split, *, count: int = 1) -> Dataset: ...")
    assert option_names(late) == ("count",)
    check_options("made", late, {"count": 3})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("strict=maybe", "made: expected true or false as the option strict, got 'maybe'"),
        ("count=true", "made: expected a whole number as the option count, got True"),
        ("count=1.5", "made: expected a whole number as the option count, got 1.5"),
        ("share=x", "made: expected a number as the option share, got 'x'"),
        ("size=4", "made: expected a list as the option size, got 4"),
        ("size=[", r"made: expected a value of YAML as the option size, got '\['"),
        ("error=1", "made: expected no error, which can be given in Python only, got 'error=1'"),
        ("strict", "made: expected options as NAME=VALUE, each name once, got 'strict'"),
        ("split_bye=google", r"made: expected options out of split_by, .*, got split_bye \(did you mean split_by\?\)"),
    ],
)
def test_what_does_not_fit_is_an_error(text: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        read_options("made", LOAD, [text])


def test_a_name_twice_is_an_error_and_values_in_python_are_checked_too() -> None:
    with pytest.raises(ValueError, match="each name once, got 'count=2'"):
        read_options("made", LOAD, ["count=1", "count=2"])
    with pytest.raises(ValueError, match="expected a text as the option split_by, got 3"):
        check_options("made", LOAD, {"split_by": 3})
    check_options("made", LOAD, {"split_by": None, "size": (1, 2), "error": BenchmarkError("whatever")})
    with pytest.raises(ValueError, match="made: expected options out of none, got strict"):
        check_options("made", lambda root, split: [], {"strict": True})
