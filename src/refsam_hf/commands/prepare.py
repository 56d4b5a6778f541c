"""`refsam prepare`: a benchmark as Parquet, for `load_dataset` and the Hub."""

import argparse
from typing import Any

from . import loading


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "prepare",
        help="write a benchmark as Parquet, and push it to the Hub",
        description="Reads a benchmark as it is published and writes it as Parquet: one row per video, its frames "
        'embedded, and beside it one row per expression, its masks as COCO RLE. load_dataset(FOLDER, "videos") and '
        'load_dataset(FOLDER, "expressions") read them. docs/benchmarks.md says how each has to lie on disk.',
    )
    parser.add_argument("name", metavar="NAME", help="of the benchmark, such as refer_youtube_vos")
    parser.add_argument("root", metavar="ROOT", nargs="?", help="its folder; none for shapes")
    parser.add_argument("--split", nargs="+", required=True, metavar="S", help="one or more of its splits")
    parser.add_argument("--output", required=True, metavar="FOLDER", help="where to write: a new or an empty folder")
    loading.add_option_argument(parser)
    parser.add_argument("--strict", action="store_true", help="end at a video with a problem, do not leave it out")
    parser.add_argument("--push", metavar="REPO", help="upload it as this dataset of the Hub, private if it is new")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ..benchmarks.options import read_options
    from ..benchmarks.parquet import prepare, push
    from ..benchmarks.registry import benchmark_of

    given = read_options(options.name, benchmark_of(options.name).load, options.option)
    strict = given.pop("strict", False) or options.strict
    done = prepare(options.name, options.root, options.split, options.output, strict=strict, **given)
    for found in done:
        print(f"wrote {options.output}, {found.split}: {found.videos} videos, {found.expressions} expressions")
    if options.push is not None:
        print(f"pushed {push(options.output, options.push)}")
