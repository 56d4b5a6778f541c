from pathlib import Path

import pytest

from refsam_hf.benchmarks.own_clips.problems import Problem, Problems

ROOT = Path("/somewhere/clips")


@pytest.mark.parametrize(
    ("files", "where"),
    [
        (["a/frames/1.png"], "a/frames/1.png"),
        (["a/f/9.png", "a/f/10.png", "a/f/11.png"], "a/f/9.png to 11.png (3 files)"),
        (["a/f/009.png", "a/f/010.png", "a/f/012.png"], "a/f/009.png to 010.png, 012.png (3 files)"),
        (["a/f/0.png", "a/f/5.png", "a/f/6.png"], "a/f/0.png, 5.png to 6.png (3 files)"),
        (["a/f/9.png", "a/f/010.png"], "a/f/9.png, 010.png (2 files)"),
        (["a/f/1.png", "a/f/2.jpg"], "a/f/1.png, 2.jpg (2 files)"),
        (["a/f/x1_1.png", "a/f/x2_2.png"], "a/f/x1_1.png, x2_2.png (2 files)"),
        (["a/f/one.png", "a/f/two.png"], "a/f/one.png, two.png (2 files)"),
    ],
)
def test_files_that_count_on_are_named_by_the_first_and_last(files: list[str], where: str) -> None:
    assert Problem(tuple(files), "wrong", "mend it").where == where


def test_what_reads_alike_in_one_folder_is_one_problem() -> None:
    problems = Problems(ROOT)
    problems.add(ROOT / "a/1.png", "too small", "enlarge it")
    problems.add(ROOT / "a/2.png", "too large", "crop it")
    problems.add(ROOT / "a/3.png", "too small", "enlarge it")
    problems.add(ROOT / "b/1.png", "too small", "enlarge it")
    assert len(problems) == 4
    assert problems.found() == [
        Problem(("a/1.png", "a/3.png"), "too small", "enlarge it"),
        Problem(("a/2.png",), "too large", "crop it"),
        Problem(("b/1.png",), "too small", "enlarge it"),
    ]


def test_a_problem_is_one_line_whatever_the_name() -> None:
    problems = Problems(ROOT)
    problems.add(ROOT / "two\nlines", "wrong", "rename it")
    problems.add(ROOT / "bytes\udcff", "wrong", "rename it")
    problems.add(ROOT, "empty", "fill it")
    assert [str(problem) for problem in problems.found()] == [
        "'two\\nlines', 'bytes\\udcff' (2 files): wrong",
        ".: empty",
    ]
