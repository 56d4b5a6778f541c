"""`refsam demo`: draws a clip, segments it by two expressions at once, and measures how well."""

import argparse
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .segment import segment_to_files

if TYPE_CHECKING:
    from ..benchmarks.shapes import Expression, ShapesClip

CLIP_INDEX = 21  # of the split "test", which no training sees
FPS = 12


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "demo",
        help="draw a clip, segment it by two expressions and measure J&F",
        description="Writes a clip of the shapes benchmark as mp4, segments it by two expressions in one pass with "
        "the bundled checkpoint, and measures J&F against the masks that the clip was drawn with.",
    )
    parser.add_argument(
        "--output", default="refsam_demo", metavar="FOLDER", help="where to write (default refsam_demo)"
    )
    parser.add_argument("--index", type=int, default=CLIP_INDEX, help=f"which test clip (default {CLIP_INDEX})")
    parser.add_argument("--frames", type=int, default=36, help="its length (default 36)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ..benchmarks.shapes import generate_clip
    from ..evaluation import score_clip
    from ..training.clips import masks_of
    from ..video import open_video
    from ..video.masks_json import read_masks_json
    from ..video.rle import decode_rle

    clip = generate_clip("test", options.index, num_frames=options.frames, size=(240, 320))
    expressions = two_expressions(clip)
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    video, masks = folder / "clip.mp4", folder / "masks.json"
    _write_video(video, clip.frames)
    print(f"wrote {video}")
    segment_to_files(
        open_video(video),
        [expression.text for expression in expressions],
        overlay=folder / "overlay.mp4",
        masks=masks,
        contact_sheet=folder / "contact_sheet.png",
    )

    scores = []
    for expression, result in zip(expressions, read_masks_json(masks)["expressions"], strict=True):
        predicted = np.stack([decode_rle(mask) for mask in result["masks"]])  # (T, H, W)
        score = score_clip(predicted, masks_of(clip, expression.object_ids))
        print(f"{expression.text!r}: J {score.j_mean:.3f}  F {score.f_mean:.3f}")
        scores.append(score.j_and_f)
    print(f"J&F {np.mean(scores):.3f}")


def two_expressions(clip: "ShapesClip") -> "list[Expression]":
    """The first expressions of two different objects.

    Raises:
        ValueError: the clip has expressions of one object only.
    """
    of_target: dict[tuple[int, ...], Expression] = {}
    for expression in clip.expressions:
        of_target.setdefault(tuple(expression.object_ids), expression)
    if len(of_target) < 2:
        raise ValueError("expected a clip with expressions of two objects, got one of fewer: choose another --index")
    return list(of_target.values())[:2]


def _write_video(path: Path, frames: np.ndarray) -> None:
    """Frames (T, H, W, 3) as an mp4, written aside and renamed."""
    from ..video.encoder import Encoder

    aside = path.with_name(f".{path.name}")
    encoder = Encoder(aside, frames.shape[1], frames.shape[2], Fraction(FPS))
    for frame in frames:
        encoder.write(frame)
    encoder.finish()
    aside.replace(path)
