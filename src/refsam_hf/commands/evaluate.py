"""`refsam evaluate`: a checkpoint, or anybody's predictions, scored on a benchmark as its papers do."""

import argparse
from contextlib import ExitStack
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

from . import loading, measuring
from .comparing import score_others
from .evaluating import benchmark_rows, check_outputs, print_table, print_what_is_amiss, where_from, write_outputs
from .predicting import open_predictor

VIDEOS_MISSING = 1


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "evaluate",
        help="score a checkpoint, or predictions, on a benchmark",
        description="Segments the videos of a benchmark and prints the scores of its protocol (docs/evaluation.md). "
        "Without options that is the shapes benchmark, kind by kind of expression: "
        '"all" weighs the kinds as the benchmark mixes them, without "absent"; "words swapped J" is that of '
        "each expression's masks with the other objects that the clip's expressions name: what a model that does not "
        'listen would get; "lost" is the share of frames with a visible target whose mask is empty, "hidden empty" '
        'the same of a hidden target and "empty" of none, where an empty mask is right. Exit code 0; 1 if videos '
        "failed or were left out, the others are scored; 2 for what cannot be used.",
    )
    parser.add_argument("--benchmark", default="shapes", metavar="B", help="its name (default shapes)")
    parser.add_argument("--root", metavar="FOLDER", help="where the benchmark lies (not of shapes, which is drawn)")
    parser.add_argument("--split", help="as the benchmark calls it (default: the one that its papers report)")
    parser.add_argument("--protocol", default="default", metavar="P", help="another of the benchmark's protocols")
    loading.add_option_argument(parser)
    loading.add_arguments(parser)
    parser.add_argument(
        "--chunk-size", type=int, default=1, metavar="N", help="frames read ahead together (default 1)"
    )
    parser.add_argument(
        "--from-predictions", metavar="PATH", help="score these instead of a checkpoint's: a folder, or a COCO file"
    )
    outputs = parser.add_argument_group("what is written")
    outputs.add_argument(
        "--output",
        metavar="FOLDER",
        help="results of each video as it ends, tables, plots and report.html; a run that was stopped goes on there",
    )
    outputs.add_argument("--json", metavar="FILE", help="the numbers, with what was measured")
    outputs.add_argument("--submission", metavar="FILE", help="what the benchmark's server or COCO's tools take")
    outputs.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    outputs.add_argument(
        "--compare",
        nargs="+",
        default=[],
        metavar="NAME=PATH",
        help="predictions of others, or other checkpoints, for the report: a table and pictures side by side",
    )
    measuring.add_clip_arguments(parser.add_argument_group("the clips of shapes"))
    parser.set_defaults(run=run, **dict.fromkeys(("clips", "frames", "size", "seed")))


def run(options: argparse.Namespace) -> int:
    from ..evaluation.evaluate_rows import by_video, evaluate_rows, process_state
    from ..evaluation.protocols import protocol_of
    from ..evaluation.provenance import code_version
    from ..evaluation.run_folder import RunFolder
    from ..evaluation.run_results import collect
    from ..files.json import json_text
    from ..files.written_aside import written_aside
    from ..training.processes import on_main

    protocol = protocol_of(options.benchmark, options.protocol)
    rows, about, left_out = benchmark_rows(options)
    check_outputs(options)
    state = process_state()
    if options.output is None and state.num_processes > 1:
        raise ValueError("--output: expected a folder that all processes write to, got none")
    with ExitStack() as stack:
        json_file, of_json = None, stack.enter_context(ExitStack())
        if options.json is not None and state.is_main_process:
            json_file = of_json.enter_context(written_aside(options.json))
        predictor = open_predictor(options, protocol, state)
        about |= {"protocol": protocol.name, **predictor.about, **code_version()}
        path = options.output or stack.enter_context(TemporaryDirectory())
        folder = on_main(state, partial(RunFolder, path, about))  # one finds it new, and the others what it has made
        videos = by_video(rows)
        evaluate_rows(videos, predictor.predict, protocol, folder, keep_predictions=predictor.source is None)
        others = score_others(options, folder, videos, protocol)
        if not state.is_main_process:
            return 0
        results = collect(folder, videos, protocol)
        extra = predictor.source.extra_videos(videos, left_out) if predictor.source else []
        report = about | where_from(options, protocol) | {"left_out": left_out} | results.as_dict()
        report |= {"extra_videos": extra}
        compared = {name: of_other for name, (_, of_other) in others.items()}
        print_table(results, protocol, markdown=options.markdown)
        print_what_is_amiss(results, left_out, extra, compared)
        if json_file is not None:
            json_file.write_text(json_text(report), encoding="utf-8")
        of_json.close()  # whatever the report ends with
        written = write_outputs(options, folder, videos, protocol, results, report, others)
    for path in [*([options.json] if options.json else []), *written]:
        print(f"wrote {path}")
    missing = [left_out, results.failed, *(of_other.failed for of_other in compared.values())]
    return VIDEOS_MISSING if any(missing) else 0
