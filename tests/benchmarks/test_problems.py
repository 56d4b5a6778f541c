"""What is noted of videos that cannot be used."""

import warnings

import pytest

from refsam_hf.benchmarks.problems import BenchmarkWarning, VideoProblems, noted_left_out


def load(*errors: tuple[object, str]) -> None:
    """Stands for the loading of a benchmark of which one row is left."""
    problems = VideoProblems("made test", strict=False)
    for video, text in errors:
        with problems.of(video):
            raise ValueError(text)
    problems.report(1)


def test_what_is_left_out_is_noted_and_still_warned_of() -> None:
    message = "made test: left out .* 3 videos: video 'a': gone; video 7: bad"
    with pytest.warns(BenchmarkWarning, match=message) as caught, noted_left_out() as left_out:
        load(("a", "gone"), (7, "bad"), ("a", "worse"))
    assert left_out == {"a": "gone; worse", "7": "bad"}
    assert len(caught) == 1


def test_other_warnings_pass() -> None:
    with pytest.warns(UserWarning, match="something else"), noted_left_out() as left_out:
        warnings.warn("something else", stacklevel=1)
    assert left_out == {}


def test_warnings_before_an_error_are_shown() -> None:
    def work() -> None:
        with noted_left_out():
            load(("a", "gone"))
            raise OSError("elsewhere")

    with pytest.warns(BenchmarkWarning, match="gone"), pytest.raises(OSError, match="elsewhere"):
        work()
