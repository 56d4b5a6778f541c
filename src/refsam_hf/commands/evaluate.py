"""`refsam evaluate`: J and F of a checkpoint on the shapes benchmark, kind by kind."""

import argparse
from contextlib import nullcontext
from typing import Any

from . import loading, measuring


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "evaluate",
        help="measure J&F on the shapes benchmark",
        description="Segments clips of the shapes benchmark by two expressions each and prints the scores kind by "
        'kind; "all" weighs the kinds as the benchmark mixes them, without "absent". "words swapped J" is that of '
        "each expression's masks with the other objects that the clip's expressions name: what a model that does not "
        'listen would get. "lost" is the share of frames with a visible target whose mask is empty, "hidden empty" '
        'the same of a hidden target and "empty" of none, where an empty mask is right.',
    )
    measuring.add_arguments(parser)
    parser.add_argument("--json", metavar="FILE", help="write the numbers too, with what was measured")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ..evaluation.files import json_text, written_aside
    from ..evaluation.text_table import text_table
    from ..training.validation import validate

    clips = measuring.drawn_clips(options)
    with nullcontext() if options.json is None else written_aside(options.json) as aside:
        model, processor = loading.load(options.model, options.device)
        scores = validate(model, processor, ((clip, expressions) for _, clip, expressions in clips))
        if aside is not None:
            report = measuring.what_was_measured(options) | {"scores": scores}
            aside.write_text(json_text(report), encoding="utf-8")
    print(text_table(scores))
    if options.json is not None:
        print(f"wrote {options.json}")
