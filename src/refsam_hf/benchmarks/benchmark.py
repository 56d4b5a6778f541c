"""What a benchmark is: how its rows are made of a folder, and how a row is decoded."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from datasets import Dataset

    from ..evaluation.protocols import Protocol

Row = Mapping[str, Any]
"""One expression of one video, as `rows.row_features` describes it."""

Frames = NDArray[np.uint8]
"""(T, H, W, 3), RGB."""

Masks = NDArray[np.bool_]
"""(T, H, W)."""


@dataclass(frozen=True)
class Benchmark:
    """All that is known of one benchmark. Its file makes one; `registry` says how it is found.

    Attributes:
        load: (root, split, *, options) -> the rows of a split, those of a video one after another, without pixels.
            Its keyword-only parameters are the options of the benchmark.
        decode_frames: the frames that a row's `frame_names` list, and no others.
        decode_masks: of the same frames the masks of the row's `object_ids`, and the pixels that are void: neither
            learned nor scored. Never called for a row whose masks are hidden.
        iterate_frames: the same frames as `decode_frames`, uint8 (H, W, 3) each, one after another, of sources that
            can only be read from their start; None where `decode_frames` gets at any frame at once.
        default_split: that is scored unless another is named; None: one has to be named.
        protocols: by their names the protocols that score it, "default" that of the published tables: an
            `evaluation.protocols.Protocol`, or where it stands, as `pkgutil.resolve_name` takes it, so that it is
            imported when it is asked for. Without them: J and F of each expression.
        submission: the form in which predictions are handed in, one of `evaluation.submissions.FORMS`; None: there is
            none.
    """

    load: "Callable[..., Dataset]"
    decode_frames: Callable[[Row], Frames]
    decode_masks: Callable[[Row], tuple[Masks, Masks]]
    iterate_frames: Callable[[Row], Iterator[NDArray[np.uint8]]] | None = None
    default_split: str | None = None
    protocols: "Mapping[str, str | Protocol]" = field(
        default_factory=lambda: {"default": "refsam_hf.evaluation.protocols.own_clips:PROTOCOL"}
    )
    submission: str | None = None
