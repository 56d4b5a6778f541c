"""Checkpoints of SAM, and of the RefSAM authors' code, to self-contained RefSAM checkpoints."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import torch

from ..configuration_refsam import DENSE_EMBEDDINGS
from ..files.new_folder import new_folder
from ..modeling_refsam import RefSamModel
from ..processing_refsam import RefSamProcessor
from ..video_processing_refsam import RefSamVideoProcessor
from .backbones import build_on_sam, read_sam, read_tokenizer
from .official_lora import LORA_FOLDER, lora_rank, merge_lora, save_lora
from .official_sam import DECODER_NORM_EPS
from .pieces import Piece, config_options, read_pieces
from .sam_backbone import SamBackbone, load_weights

UNTRAINED = ("cross_modal_mlp", "hierarchical_dense_attention", "implicit_tracking")
"""RefSAM's own parts, which no SAM has."""


@dataclass(frozen=True)
class Conversion:
    """What came of a conversion.

    Fields:
        untrained: the parts of the model that hold random weights.
        lora_rank: of the LoRA adapter in the folder `lora` of the checkpoint; `None` if there is none.
    """

    untrained: tuple[str, ...]
    lora_rank: int | None


def convert_sam(
    output: str | PathLike[str],
    *,
    vision: str | PathLike[str],
    text: str | PathLike[str],
    pieces: Mapping[str, str | PathLike[str]] | None = None,
    dense_embeddings: str | None = None,
    merge: bool = False,
) -> Conversion:
    """Writes a self-contained RefSAM, model and processor, on a SAM and a text checkpoint.

    Without pieces it is a new RefSAM, to be trained; the same call gives the same files. With the pieces of a model
    that the authors' code trained it is that model, and nothing in it is random: without `track_net` it has no
    implicit tracking, with `dense_conv` plain dense attention, adapters where `image_encoder_blocks` has them
    (without that piece, the usual ones, which change nothing before they are trained).

    LoRA in `image_encoder_blocks` becomes a PEFT adapter in the folder `lora` of the checkpoint, for
    `PeftModel.from_pretrained(model, f"{output}/lora")`. PEFT's goes around a whole layer, the authors' inside their
    Space_Adapter: where a file has both (their released code makes no other) only merging is exact.

    Args:
        output: a new or an empty folder; its parent folder exists.
        vision: an original SAM file (`.pth`), or a checkpoint of transformers' `SamModel`, a folder or a Hub name.
        text: a checkpoint of an encoder of `AutoModelForTextEncoding` with its tokenizer, a folder or a Hub name.
        pieces: `.pth` files of the authors' code by their kind, of `refsam_hf.hub.pieces.PIECES`.
        dense_embeddings: see [`RefSamConfig`]; needed for pieces without `dense_conv`, which may be of a model with
            "sentence" or "none".
        merge: add LoRA to the weights of the projections instead.

    Raises:
        ValueError: a file is damaged, or its weights are not those that the model has: missing, unknown and mis-shaped
            ones are named, those of all pieces at once.
        OSError: a file is not there; the output is not empty or cannot be made. Nothing is written in any of these
            cases.
    """
    if dense_embeddings is not None and dense_embeddings not in DENSE_EMBEDDINGS:
        raise ValueError(f"dense_embeddings: expected one of {DENSE_EMBEDDINGS}, got {dense_embeddings!r}")
    with new_folder(output) as aside:
        read = read_pieces(pieces or {})
        tokenizer = read_tokenizer(text)
        sam = read_sam(vision)
        lora = read["image_encoder_blocks"].lora if "image_encoder_blocks" in read else {}
        model = _build(sam, text, read, dense_embeddings)
        _check(model, read)
        if lora and model.config.space_adapter and not merge:
            raise ValueError(
                f"{read['image_encoder_blocks'].path}: expected LoRA without Space_Adapter, since PEFT's LoRA around "
                "one is not the authors' inside one, got both: merge the LoRA into the projections (--merge-lora)"
            )
        for piece in read.values():
            if piece.lora and merge:
                merge_lora(piece.weights, piece.lora)
            load_weights(model, piece.weights, piece.path)

        processor = RefSamProcessor(RefSamVideoProcessor(image_size=model.config.vision_config.image_size), tokenizer)
        model.save_pretrained(aside)
        processor.save_pretrained(aside)
        if lora and not merge:
            save_lora(lora, aside / LORA_FOLDER)
    return Conversion(
        untrained=() if read else tuple(part for part in UNTRAINED if getattr(model, part) is not None),
        lora_rank=lora_rank(lora) if lora and not merge else None,
    )


def _build(
    sam: SamBackbone, text: str | PathLike[str], pieces: Mapping[str, Piece], dense_embeddings: str | None
) -> RefSamModel:
    vision: Any = sam.vision_config
    options: dict[str, Any] = {} if dense_embeddings is None else {"dense_embeddings": dense_embeddings}
    if pieces:
        options = config_options(pieces, dense_embeddings, vision.num_hidden_layers, vision.hidden_size)
    if "mask_decoder" in pieces:
        decoder_config: Any = sam.mask_decoder_config
        decoder_config.layer_norm_eps = DECODER_NORM_EPS  # it was trained in the official decoder
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build_on_sam(RefSamModel, sam, text, **options)


def _check(model: RefSamModel, pieces: Mapping[str, Piece]) -> None:
    shapes = {name.replace(".base_layer.", "."): value.shape for name, value in model.state_dict().items()}
    found = {piece.path: piece.problems(shapes) for piece in pieces.values()}
    problems = [f"{path}: these {'; these '.join(of_file)}" for path, of_file in found.items() if of_file]
    if problems:
        raise ValueError(
            f"expected exactly the weights that belong on this SAM and text encoder, got {'. '.join(problems)}"
        )
