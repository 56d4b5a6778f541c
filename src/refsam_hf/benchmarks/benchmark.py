"""What a benchmark is: how its rows are made of a folder, and how a row is decoded."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from datasets import Dataset

Row = Mapping[str, Any]
"""One expression of one video, as `rows.row_features` describes it."""

Frames = NDArray[np.uint8]
"""(T, H, W, 3), RGB."""

Masks = NDArray[np.bool_]
"""(T, H, W)."""


@dataclass(frozen=True)
class Benchmark:
    """One benchmark. Its file makes one, and `registry.MODULES` says in which file it is.

    Attributes:
        load: (root, split, **options) -> the rows of a split, those of a video one after another, without pixels.
        decode_frames: the frames that a row's `frame_names` list, and no others.
        decode_masks: of the same frames the masks of the row's `object_ids`, and the pixels that are void: neither
            learned nor scored. Never called for a row whose masks are hidden.
        iterate_frames: the same frames as `decode_frames`, uint8 (H, W, 3) each, one after another, of sources that
            can only be read from their start; None where `decode_frames` gets at any frame at once.
    """

    load: "Callable[..., Dataset]"
    decode_frames: Callable[[Row], Frames]
    decode_masks: Callable[[Row], tuple[Masks, Masks]]
    iterate_frames: Callable[[Row], Iterator[NDArray[np.uint8]]] | None = None
