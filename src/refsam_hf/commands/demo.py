"""`refsam demo`: draws clips, segments each by two expressions at once, and measures how well.

One clip's expressions speak of where things are, the other's of how they move: words that must be read, and a memory
that must carry over frames, to find the right one of several that look alike.
"""

import argparse
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .segment import segment_to_files

if TYPE_CHECKING:
    from ..benchmarks.shapes import Expression, ShapesClip
    from ..evaluation.by_kind import ExpressionScores

CLIPS = {"relation": 9, "motion": 5}  # which clip of the split "test", which no training sees
FPS = 6


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "demo",
        help="draw clips, segment each by two expressions and measure J&F",
        description="Writes two clips of the shapes benchmark as mp4, one for expressions about places and one for "
        "expressions about motion, segments each by two expressions in one pass with the bundled checkpoint, and "
        "measures J&F against the masks that the clips were drawn with, from the frame on from which it can be known "
        "what is meant.",
    )
    parser.add_argument(
        "--output", default="refsam_demo", metavar="FOLDER", help="where to write (default refsam_demo)"
    )
    parser.add_argument("--index", type=int, help="take these test clips instead of those chosen for the demo")
    parser.add_argument("--frames", type=int, default=12, help="their length (default 12)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    drawn = {  # all of them before anything is written
        kind: _draw_clip(kind, index if options.index is None else options.index, options.frames)
        for kind, index in CLIPS.items()
    }
    scores = []
    for kind, (clip, expressions) in drawn.items():
        scores += _segment_clip(clip, expressions, Path(options.output) / kind)
    print(f"J&F {np.mean([(score.j_mean + score.f_mean) / 2 for score in scores]):.3f}")


def _draw_clip(kind: str, index: int, num_frames: int) -> "tuple[ShapesClip, list[Expression]]":
    from ..benchmarks.shapes import generate_clip, own_expressions

    clip = generate_clip("test", index, kind=kind, num_frames=num_frames, size=(240, 320))
    expressions = own_expressions(clip)
    if not expressions:
        raise ValueError(
            f"expected a clip of which something can be said, got {kind} {index}: take another --index, or more "
            "--frames"
        )
    return clip, expressions


def _segment_clip(clip: "ShapesClip", expressions: "list[Expression]", folder: Path) -> "list[ExpressionScores]":
    from ..evaluation.results import score_masks
    from ..files.written_aside import written_aside
    from ..video import open_video
    from ..video.encoder import encode_frames
    from ..video.masks_json import read_masks_json
    from ..video.rle import decode_rle

    folder.mkdir(parents=True, exist_ok=True)
    video, masks = folder / "clip.mp4", folder / "masks.json"
    with written_aside(video) as aside:
        encode_frames(aside, clip.frames, Fraction(FPS))
    print(f"wrote {video}")
    segment_to_files(
        open_video(video),
        [expression.text for expression in expressions],
        overlay=folder / "overlay.mp4",
        masks=masks,
        contact_sheet=folder / "contact_sheet.png",
    )
    results = read_masks_json(masks)["expressions"]
    predictions = np.stack([[decode_rle(mask) for mask in result["masks"]] for result in results])  # (E, T, H, W)
    pairs = zip(expressions, predictions, strict=True)
    scores = [score_masks(clip, expression, prediction) for expression, prediction in pairs]
    for expression, score in zip(expressions, scores, strict=True):
        since = f" from frame {expression.decidable_from}" if expression.decidable_from else ""
        print(f"{expression.text!r}: J {score.j_mean:.3f}  F {score.f_mean:.3f}{since}")
    return scores
