"""`refsam convert`: RefSAM checkpoints of a SAM, of the authors' files, and from one form to the other."""

import argparse
from pathlib import Path
from typing import Any

PIECES = {
    "resizer": "the Cross-Modal MLP",
    "dense_conv": "the dense attention",
    "mask_decoder": "the mask decoder",
    "track_net": "the Implicit Tracking Module",
    "image_encoder_blocks": "the vision tower's blocks, with adapters or LoRA",
}
"""The same names as `refsam_hf.hub.pieces.PIECES`, which would cost the import of torch."""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "convert",
        help="make a RefSAM checkpoint of a SAM and a text encoder, or of the authors' files, or in the other form",
        description="What it does depends on SOURCE. A SAM (an original .pth file, or a checkpoint of transformers) "
        "and --text make a new RefSAM, to be trained; with the .pth files that the RefSAM authors' code writes they "
        "make that trained model. Pickles are read without running code. A RefSAM that is self-contained is written "
        "in the adapter-only form, over the checkpoints that it was built on, and the other way round.",
    )
    parser.add_argument("source", metavar="SOURCE", help="a .pth file, a folder or a Hub name")
    parser.add_argument("output", metavar="OUT", help="where to write: a new or an empty folder")
    parser.add_argument("--text", metavar="T", help="the text encoder's checkpoint: a folder or a Hub name")
    parser.add_argument("--vision", metavar="V", help="of a self-contained RefSAM: the SAM that it was built on")
    files = parser.add_argument_group("files of the authors' code, of one model on this SAM and text encoder")
    for name, part in PIECES.items():
        files.add_argument(f"--{name.replace('_', '-')}", metavar="PTH", help=part)
    files.add_argument(
        "--merge-lora",
        action="store_true",
        help="add LoRA to the projections' weights, instead of writing it as a PEFT adapter to OUT/lora",
    )
    parser.add_argument(
        "--dense-embeddings",
        metavar="D",
        help="hda (default), da, sentence or none; for files without --dense-conv, sentence or none must be said",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    kind = source_kind(options.source)
    if kind == "sam":
        _convert_sam(options)
    elif kind == "refsam":
        _convert_form(options)
    else:
        raise ValueError(f"SOURCE: expected a SAM or a RefSAM, got {options.source!r} of model_type {kind!r}")


def source_kind(source: str) -> str:
    """ "sam" for an original file, else the `model_type` that the checkpoint's config says."""
    if Path(source).is_file():
        return "sam"
    from transformers import AutoConfig

    from ..files.naming import naming

    with naming(f"SOURCE: expected a .pth file, a folder or a Hub name of a SAM or a RefSAM, got {source!r}"):
        return str(AutoConfig.from_pretrained(source).model_type)


def _convert_form(options: argparse.Namespace) -> None:
    from transformers.utils import logging

    from ..hub.forms import convert_form

    for name in (*PIECES, "merge_lora", "dense_embeddings"):
        if getattr(options, name):
            raise ValueError(
                f"--{name.replace('_', '-')}: expected a SAM as SOURCE, got the RefSAM {options.source!r}"
            )
    logging.disable_progress_bar()
    form = convert_form(options.source, options.output, vision=options.vision, text=options.text)
    print(f"wrote {options.output}, {form}")


def _convert_sam(options: argparse.Namespace) -> None:
    from transformers.utils import logging

    from ..hub.convert import convert_sam

    if options.vision is not None:
        raise ValueError(f"--vision: expected a RefSAM as SOURCE, got the SAM {options.source!r}")
    if options.text is None:
        raise ValueError("--text: expected the checkpoint of a text encoder, such as google-t5/t5-small, got none")
    pieces = {name: getattr(options, name) for name in PIECES if getattr(options, name) is not None}
    if options.merge_lora and "image_encoder_blocks" not in pieces:
        raise ValueError("--merge-lora: expected --image-encoder-blocks, which may hold LoRA, got none")
    logging.disable_progress_bar()  # of reading and writing the weights
    conversion = convert_sam(
        options.output,
        vision=options.source,
        text=options.text,
        pieces=pieces,
        dense_embeddings=options.dense_embeddings,
        merge=options.merge_lora,
    )
    print(f"wrote {options.output}")
    if conversion.lora_rank is not None:
        print(f"wrote {options.output}/lora, a PEFT adapter of rank {conversion.lora_rank}: the model needs it")
    if conversion.untrained:
        print(f"not trained yet: {', '.join(conversion.untrained)}")
