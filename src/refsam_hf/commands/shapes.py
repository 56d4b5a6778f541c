"""`refsam shapes`: the shapes benchmark as real files."""

import argparse
from typing import Any

from . import measuring


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "shapes",
        help="write the shapes benchmark as videos, frames, masks and expressions",
        description="Writes clips of the shapes benchmark in the layout of Refer-YouTube-VOS: frames, palette masks "
        "and meta_expressions.json, and each clip as an mp4 beside them. The same options give the same clips that "
        "load_shapes gives.",
    )
    parser.add_argument("output", metavar="OUT", help="where to write: a new or an empty folder")
    parser.add_argument(
        "--split", nargs="+", default=["test"], help="one or more of train, val, test, test-unseen (default test)"
    )
    measuring.add_clip_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ..benchmarks.shapes import MIX
    from ..benchmarks.shapes.export import write_shapes

    if options.clips < 1:
        raise ValueError(f"--clips: expected at least 1, got {options.clips}")
    write_shapes(
        options.output,
        *options.split,
        num_clips=options.clips,
        seed=options.seed,
        num_frames=options.frames,
        size=(options.size[0], options.size[1]),
        kinds=tuple(options.kinds or MIX),
    )
    for split in options.split:
        print(f"wrote {options.output}, {split}: {options.clips} clips of {options.frames} frames")
