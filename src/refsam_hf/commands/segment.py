"""`refsam segment VIDEO "expression" ...`: a video and words in, an overlay and masks out."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import loading

if TYPE_CHECKING:
    from ..video import Video
    from ..video.output import MaskOutput


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "segment",
        help="segment what expressions refer to in a video",
        description="Segments what each expression refers to, in one pass over the video. Writes an overlay video "
        "unless only masks or a contact sheet are asked for.",
    )
    parser.add_argument("video", help="a video file or URL, an image, or a folder of images")
    parser.add_argument("text", nargs="+", metavar="expression", help="what to look for, such as 'the red circle'")
    parser.add_argument("--output", metavar="FILE", help="overlay video (.mp4, .mkv, .mov, .m4v) or .gif")
    parser.add_argument("--masks", metavar="PATH", help="masks.json (COCO RLE), or a folder for palette PNGs")
    parser.add_argument("--contact-sheet", metavar="FILE", help="a PNG with some frames of the overlay")
    parser.add_argument(
        "--chunk-size", type=int, default=1, metavar="N", help="frames read ahead together (default 1)"
    )
    parser.add_argument("--partial", action="store_true", help="take what there is of a damaged video")
    loading.add_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ..video import open_video

    overlay = options.output
    if overlay is None and options.masks is None and options.contact_sheet is None:
        overlay = f"{Path(options.video.rstrip('/')).stem}_refsam.mp4"
    segment_to_files(
        open_video(options.video, partial=options.partial),
        options.text,
        overlay=overlay,
        masks=options.masks,
        contact_sheet=options.contact_sheet,
        model=options.model,
        device=options.device,
        chunk_size=options.chunk_size,
    )


def segment_to_files(
    video: "Video",
    texts: Sequence[str],
    *,
    overlay: str | Path | None = None,
    masks: str | Path | None = None,
    contact_sheet: str | Path | None = None,
    model: str | None = None,
    device: str | None = None,
    chunk_size: int = 1,
) -> None:
    """Segments a video into the files asked for, and says on stdout what was found and written.

    Args:
        overlay, masks, contact_sheet: paths, or `None` for what is not wanted.
        model, device: names, or `None` for the bundled checkpoint and for what this machine has.
    """
    from ..segmentation import segment_video
    from ..video.progress import progress

    with ExitStack() as stack:
        # what cannot be written is an error before the model is loaded
        files = _open_outputs(video, texts, overlay, masks, contact_sheet)
        outputs = [stack.enter_context(file) for file in files]
        refsam, processor = loading.load(model, device)
        seen, scores = np.zeros(len(texts), dtype=int), np.zeros(len(texts))
        count = 0
        steps = segment_video(refsam, processor, video, texts, chunk_size=chunk_size)
        for step in progress(steps, total=video.length_hint, desc="segmenting"):
            for output in outputs:
                output.write(step.frame, step.masks, step.scores)
            seen += step.masks.any(axis=(1, 2))
            scores += step.scores
            count += 1
    for text, frames, score in zip(texts, seen, scores / count, strict=True):
        print(f"{text!r}: seen in {frames} of {count} frames, mean score {score:.2f}")
    for output in outputs:
        print(f"wrote {output.path}")


def _open_outputs(
    video: "Video",
    texts: Sequence[str],
    overlay: str | Path | None,
    masks: str | Path | None,
    contact_sheet: str | Path | None,
) -> "Iterator[MaskOutput]":
    from ..video.contact_sheet import ContactSheet
    from ..video.masks_json import MasksJson
    from ..video.palette_folder import PaletteFolder
    from ..video.writer import OverlayWriter

    if overlay is not None:
        yield OverlayWriter(overlay, video.fps, texts)
    if masks is not None and Path(masks).suffix.lower() == ".json":
        yield MasksJson(masks, texts, video=video.name, fps=video.fps)
    elif masks is not None:
        yield PaletteFolder(masks, texts)
    if contact_sheet is not None:
        yield ContactSheet(contact_sheet, texts)
