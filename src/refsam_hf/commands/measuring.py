"""Which clips of the shapes benchmark are meant, as options; those that are measured, and how a report says it."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import loading

if TYPE_CHECKING:
    from ..benchmarks.shapes import Expression, ShapesClip
    from ..benchmarks.shapes.address import ClipAddress


def add_arguments(parser: argparse.ArgumentParser, *, split: str = "test", clips: int = 100) -> None:
    """The options of the clips, with these defaults, and those of the checkpoint."""
    parser.add_argument("--split", default=split, help=f"train, val, test or test-unseen (default {split})")
    add_clip_arguments(parser, clips=clips)
    loading.add_arguments(parser)


def add_clip_arguments(parser: argparse.ArgumentParser, *, clips: int = 100) -> None:
    """The options of the clips of a split."""
    parser.add_argument("--clips", type=int, default=clips, metavar="N", help=f"how many of a split (default {clips})")
    parser.add_argument("--frames", type=int, default=12, metavar="T", help="frames per clip (default 12)")
    parser.add_argument(
        "--size", type=int, nargs=2, default=(180, 240), metavar=("H", "W"), help="of the frames (default 180 240)"
    )
    parser.add_argument("--seed", type=int, default=0, help="another one gives other clips (default 0)")
    parser.add_argument(
        "--kinds",
        nargs="+",
        metavar="KIND",
        help="one or more of appearance, relation, motion, reappearance, absent (default: all, in the fixed mix)",
    )


def drawn_clips(options: argparse.Namespace) -> "Iterable[tuple[ClipAddress, ShapesClip, list[Expression]]]":
    """The clips, one by one, each with the two expressions of it that count; a bar on a terminal shows how far it is.

    Raises:
        ValueError: an option that names no clips; raised here, before anything that takes long.
    """
    from ..benchmarks.shapes import MIX, iterate_shapes
    from ..video.progress import progress

    if options.clips < 1:
        raise ValueError(f"--clips: expected at least 1, got {options.clips}")
    arguments: dict[str, Any] = {
        "seed": options.seed,
        "num_frames": options.frames,
        "size": tuple(options.size),
    }
    kinds = tuple(options.kinds or MIX)
    for kind in kinds:  # a kind that cannot be had, as motion in two frames, would be noticed late
        next(iterate_shapes(options.split, num_clips=1, kinds=(kind,), **arguments))
    clips = iterate_shapes(options.split, num_clips=options.clips, kinds=kinds, **arguments)
    return progress(clips, total=options.clips, desc="measuring", unit="clip")


def start(
    parser: argparse.ArgumentParser, options: argparse.Namespace
) -> "tuple[Path, Iterable[tuple[ClipAddress, ShapesClip, list[Expression]]], Any, Any]":
    """What a script needs before it measures: the folder `output`, which is made, clips, model and processor.

    An option that cannot be used ends the program with one sentence.
    """
    try:
        clips = drawn_clips(options)
        model, processor = loading.load(options.model, options.device)
        folder = Path(options.output)
        folder.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    return folder, clips, model, processor


def what_was_measured(options: argparse.Namespace) -> dict[str, Any]:
    """The head of a report: benchmark, clips, checkpoint and the versions that can change a number."""
    import torch
    import transformers

    from .. import TINY_CHECKPOINT, __version__
    from ..benchmarks.shapes import MIX

    return {
        "benchmark": "shapes",
        "split": options.split,
        "clips": options.clips,
        "frames": options.frames,
        "size": list(options.size),
        "seed": options.seed,
        "kinds": list(options.kinds or MIX),
        "model": options.model or Path(TINY_CHECKPOINT).name,
        "versions": {"refsam_hf": __version__, "torch": torch.__version__, "transformers": transformers.__version__},
    }
