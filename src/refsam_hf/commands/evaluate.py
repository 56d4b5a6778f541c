"""`refsam evaluate`: J and F of a checkpoint on the shapes benchmark."""

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import loading

if TYPE_CHECKING:
    from ..benchmarks.shapes import ShapesClip


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "evaluate",
        help="measure J&F on the shapes benchmark",
        description="Segments clips of the shapes benchmark by all their expressions and prints J, F and J&F, "
        "averaged over the expressions, and j_swapped: the J of each expression's masks against the other objects "
        "that the clip's expressions name, which is what a model that does not listen would get.",
    )
    parser.add_argument("--split", default="test", help="train, val or test (default test)")
    parser.add_argument("--clips", type=int, default=100, metavar="N", help="how many (default 100)")
    parser.add_argument("--frames", type=int, default=8, metavar="T", help="frames per clip (default 8)")
    parser.add_argument(
        "--size", type=int, nargs=2, default=(180, 240), metavar=("H", "W"), help="of the frames (default 180 240)"
    )
    loading.add_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ..benchmarks.shapes import generate_clip
    from ..training.validation import validate
    from ..video.progress import progress

    if options.clips < 1:
        raise ValueError(f"--clips: expected at least 1, got {options.clips}")
    size = (options.size[0], options.size[1])

    def clips() -> "Iterator[ShapesClip]":
        for index in range(options.clips):
            yield generate_clip(options.split, index, num_frames=options.frames, size=size)

    next(clips())  # a wrong split or size is an error before the model is loaded
    model, processor = loading.load(options.model, options.device)
    scores = validate(model, processor, progress(clips(), total=options.clips, desc="evaluating", unit="clip"))
    print(json.dumps({name: round(value, 4) for name, value in scores.items()}))
