"""The steps of `refsam evaluate`, from its options to what it prints and writes."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .comparing import check_others

if TYPE_CHECKING:
    from ..evaluation.predictions import PredictionSource
    from ..evaluation.protocols import Protocol, Row
    from ..evaluation.run_folder import RunFolder
    from ..evaluation.run_results import RunResults

SHAPES = "shapes"
CLIP_DEFAULTS: dict[str, Any] = {"clips": 100, "frames": 12, "size": (180, 240), "seed": 0, "kinds": None}
SAID = 5  # lines about single videos


def benchmark_rows(options: argparse.Namespace) -> "tuple[Any, dict[str, Any], dict[str, str]]":
    """The rows that the options name, what they are as a report says it, and which videos they lack as these cannot be
    used, with what is wrong with each.

    Raises:
        ValueError, OSError: there are none, or an option does not fit the benchmark.
    """
    from ..benchmarks import load_benchmark
    from ..benchmarks.options import read_options
    from ..benchmarks.problems import noted_left_out
    from ..benchmarks.registry import benchmark_of
    from ..benchmarks.shapes import MIX
    from ..evaluation.provenance import rows_sha256

    benchmark = benchmark_of(options.benchmark)
    split = options.split or benchmark.default_split
    if split is None:
        raise ValueError(f"--split: expected the split of {options.benchmark} to score, got none")
    about: dict[str, Any] = {"benchmark": options.benchmark, "split": split}
    left_out: dict[str, str] = {}
    if options.benchmark == SHAPES and options.root is None:
        if options.option:
            raise ValueError("--option: expected it with another benchmark; of shapes --clips and others say the same")
        drawn = {
            name: default if getattr(options, name) is None else getattr(options, name)
            for name, default in CLIP_DEFAULTS.items()
        }
        if drawn["clips"] < 1:
            raise ValueError(f"--clips: expected at least 1, got {drawn['clips']}")
        drawn |= {"size": list(drawn["size"]), "kinds": list(drawn["kinds"] or MIX)}
        rows = load_benchmark(
            SHAPES,
            None,
            split,
            num_clips=drawn["clips"],
            num_frames=drawn["frames"],
            size=tuple(drawn["size"]),
            seed=drawn["seed"],
            kinds=tuple(drawn["kinds"]),
        )
        about |= drawn
    else:
        given = [name for name in CLIP_DEFAULTS if getattr(options, name) is not None]
        if given:
            raise ValueError(f"--{given[0]}: expected it only of shapes that are drawn, got {options.benchmark}")
        own = read_options(options.benchmark, benchmark.load, options.option)
        with noted_left_out() as left_out:
            rows = load_benchmark(options.benchmark, options.root, split, **own)
        about |= {"options": own} if own else {}
    return rows, about | {"rows_sha256": rows_sha256(rows)}, left_out


def check_outputs(options: argparse.Namespace) -> None:
    """Finds what no video can be run with, written to or compared with, before anything that takes long."""
    from ..evaluation.submissions import check_submission

    if options.chunk_size < 1:
        raise ValueError(f"--chunk-size: expected at least 1, got {options.chunk_size}")
    if options.submission is not None:
        check_submission(options.submission, options.benchmark)
    if options.compare and options.output is None:
        raise ValueError("--compare: expected --output too, for the report that it is for, got none")
    check_others(options.compare)


def where_from(options: argparse.Namespace, protocol: "Protocol") -> dict[str, Any]:
    """What else a report says of its numbers."""
    from ..evaluation.provenance import versions

    return {"rule": protocol.rule, "root": options.root, "versions": versions()}


def print_table(results: "RunResults", protocol: "Protocol", *, markdown: bool = False) -> None:
    """The table on stdout."""
    from ..evaluation.text_table import markdown_table, text_table

    if results.table:
        print((markdown_table if markdown else text_table)(results.table, protocol.columns))
    for line in results.unscored:
        print(line)


def print_what_is_amiss(
    results: "RunResults", left_out: Mapping[str, str], extra: Sequence[str], others: "Mapping[str, RunResults]"
) -> None:
    """What was left out or failed and what is amiss with predictions, on stderr."""
    _warn("left out, the others are scored", [f"{video!r}: {error}" for video, error in left_out.items()])
    _warn("failed, the others are scored", [f"{video!r}: {error}" for video, error in results.failed.items()])
    for name, other in others.items():
        failed = [f"{video!r}: {error}" for video, error in other.failed.items()]
        _warn(f"--compare {name}: failed, its others are scored", failed)
    _warn("notes", [f"{video!r}: {note}" for video, notes in results.notes.items() for note in notes])
    _warn("handed in, but not of the benchmark", [repr(video) for video in extra])


def _warn(what: str, lines: Sequence[str]) -> None:
    for line in lines[:SAID]:
        print(f"refsam: {what}: video {line}", file=sys.stderr)
    if len(lines) > SAID:
        print(f"refsam: {what}: {len(lines) - SAID} more (--json or --output lists all)", file=sys.stderr)


def write_outputs(
    options: argparse.Namespace,
    folder: "RunFolder",
    videos: "Mapping[str, Sequence[Row]]",
    protocol: "Protocol",
    results: "RunResults",
    report: Mapping[str, Any],
    others: "Mapping[str, tuple[PredictionSource[Any], RunResults]]",
) -> list[Any]:
    """Writes the submission and what belongs to the output folder; returns what was written."""
    from ..benchmarks import decode_masks
    from ..evaluation.predictions import open_predictions
    from ..evaluation.submissions import write_submission

    written: list[Any] = []
    source = open_predictions(options.from_predictions or folder.path)
    if options.submission is not None:
        handed_in = {video: rows for video, rows in videos.items() if video not in results.failed}
        truth = None if results.hidden else decode_masks
        written += write_submission(
            options.submission, options.benchmark, handed_in, lambda rows: source.predict(rows)[0], truth
        )
    if options.output is not None:
        from ..evaluation.report import write_report

        written += write_report(folder.path, videos, protocol, results, report, source, others)
    return written
