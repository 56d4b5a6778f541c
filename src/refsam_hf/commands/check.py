"""`refsam check FOLDER`: everything that is wrong with a folder of your own clips."""

import argparse
from typing import Any

PROBLEMS_FOUND = 1


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "check",
        help="list every problem in a folder of your own clips",
        description="Looks at every frame, mask and expression of a folder of clips and lists all that is wrong: "
        "the file, what was expected and what was got, and how to mend it. Exit code 0 if there is no problem, 1 if "
        "there is one, 2 if there is no such folder. docs/your-clips.md describes the folder.",
    )
    parser.add_argument("folder", metavar="FOLDER", help="holds a folder for every clip")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ..benchmarks.own_clips import check_clips

    report = check_clips(options.folder)
    for problem in report.problems:
        print(f"{problem}\n    to mend it: {problem.mend}")
    if report.problems:
        print(f"{options.folder}: {_count(len(report.problems), 'problem')}")
        return PROBLEMS_FOUND
    frames = sum(len(clip.frame_names) for clip in report.clips)
    expressions = sum(len(clip.expressions) for clip in report.clips)
    found = f"{_count(len(report.clips), 'clip')}, {_count(frames, 'frame')}, {_count(expressions, 'expression')}"
    print(f"{options.folder}: {found}, no problem")
    return 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
