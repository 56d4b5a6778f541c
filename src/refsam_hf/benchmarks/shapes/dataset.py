"""The benchmark as a table: one row per expression, whose clip is drawn when the row is opened."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ...video.errors import VideoError
from ...video.progress import progress
from ..benchmark import Frames, Masks, Row
from ..rows import row_features
from .address import DEFAULT_CONFIG, DEFAULT_FRAMES, ClipAddress, check_whole, parse_uri
from .clip import ShapesClip, draw_clip
from .config import SceneConfig
from .expressions import Expression
from .kinds import MIX
from .render import render_scene
from .scene import sample_scene
from .vocabulary import UNSEEN_PAIRS

if TYPE_CHECKING:
    from datasets import Dataset

BENCHMARK = "shapes"
EXPRESSIONS_PER_CLIP = 2
MOST_PASSED_OVER = 50  # clips in a row of which too little can be said


def kind_order(kinds: Sequence[str]) -> Iterator[str]:
    """The kinds of the benchmark's clips, one after the other, endlessly: every stretch has nearly the mix.

    Raises:
        ValueError: no kind, or an unknown one.
    """
    if isinstance(kinds, str) or not kinds or any(kind not in MIX for kind in kinds):
        raise ValueError(f"kinds: expected one or more out of {', '.join(MIX)}, got {kinds!r}")
    shares = {kind: share for kind, share in MIX.items() if kind in kinds}
    owed = dict.fromkeys(shares, 0)
    while True:
        for kind, share in shares.items():
            owed[kind] += share
        kind = max(owed, key=lambda name: owed[name])
        owed[kind] -= sum(shares.values())
        yield kind


def own_expressions(clip: ShapesClip) -> list[Expression]:
    """The two expressions that a clip has in the benchmark: of the kind it was laid out for; fewer if it lacks them.

    Of different objects where there are such, and in clips that show pairs of colour and shape that no training shows,
    of objects of such pairs.
    """
    objects = clip.scene.objects
    new = {i for i, item in enumerate(objects, start=1) if (item.colour, item.shape) in UNSEEN_PAIRS}
    own = [
        expression
        for expression in clip.expressions
        if expression.kind == clip.scene.kind and (not new or new.issuperset(expression.object_ids))
    ]
    first_of = {expression.object_ids: expression for expression in reversed(own)}
    rest = [expression for expression in own if first_of[expression.object_ids] is not expression]
    return [*reversed(first_of.values()), *rest][:EXPRESSIONS_PER_CLIP]


def iterate_shapes(
    split: str,
    *,
    num_clips: int,
    seed: int = 0,
    num_frames: int = DEFAULT_FRAMES,
    size: tuple[int, int] = (180, 240),
    kinds: Sequence[str] = tuple(MIX),
    config: SceneConfig = DEFAULT_CONFIG,
) -> "Iterator[tuple[ClipAddress, ShapesClip, list[Expression]]]":
    """The first `num_clips` clips of the benchmark, drawn one by one, with the two expressions that count of each.

    The kinds come in the fixed mix. A clip of which fewer than two things can be said is passed over.

    Raises:
        ValueError: as `ClipAddress`; an unknown kind; or a `config` of whose clips too little can be said.
    """
    check_whole("num_clips", num_clips, 1)
    next_index = dict.fromkeys(MIX, 0)
    for kind in islice(kind_order(kinds), num_clips):
        for _ in range(MOST_PASSED_OVER):
            address = ClipAddress(split, next_index[kind], kind, seed, num_frames, size, config)
            next_index[kind] += 1
            clip = draw_clip(address)
            expressions = own_expressions(clip)
            if len(expressions) == EXPRESSIONS_PER_CLIP:
                yield address, clip, expressions
                break
        else:
            raise ValueError(
                f"expected clips of which something can be said, got {MOST_PASSED_OVER} in a row without two "
                f"expressions of the kind {kind!r}, the last of them {address.uri()}: more frames may be needed, or "
                "objects that differ more"
            )


def _rows(address: ClipAddress, expressions: Sequence[Expression]) -> list[dict[str, Any]]:
    uri = address.uri()
    names = [_frame_name(index) for index in range(address.num_frames)]
    return [
        {
            "benchmark": BENCHMARK,
            "split": address.split,
            "video_id": address.video_id,
            "expression_id": str(number),
            "expression": expression.text,
            "object_ids": list(expression.object_ids),
            "annotator": 0,
            "frames_dir": uri,
            "frame_names": names,
            "masks": uri,
            "kind": expression.kind,
            "decidable_from": expression.decidable_from,
            "clip": uri,
        }
        for number, expression in enumerate(expressions)
    ]


def load_shapes(
    split: str,
    *,
    num_clips: int,
    seed: int = 0,
    num_frames: int = DEFAULT_FRAMES,
    size: tuple[int, int] = (180, 240),
    kinds: Sequence[str] = tuple(MIX),
    config: SceneConfig = DEFAULT_CONFIG,
) -> "Dataset":
    """The first `num_clips` clips of a split, two expressions of each, a row per expression.

    The kinds come in the fixed mix (`kinds.MIX`). Beside the columns of every benchmark stand `kind`,
    `decidable_from`, the frame from which scores count, and `clip`, from which the clip can be drawn again.
    `object_ids` is empty for the kind "absent".
    The rows hold no pixels: `load_shapes(...).with_transform(decode_rows)` draws them when a row is opened.

    Raises:
        ValueError: as `iterate_shapes`.
    """
    from datasets import Dataset

    clips = iterate_shapes(
        split, num_clips=num_clips, seed=seed, num_frames=num_frames, size=size, kinds=kinds, config=config
    )
    rows: list[dict[str, Any]] = []
    for address, _, expressions in progress(clips, desc=f"{BENCHMARK} {split}", total=num_clips, unit="clip"):
        rows += _rows(address, expressions)
    return Dataset.from_list(
        rows, features=row_features({"kind": "string", "decidable_from": "int32", "clip": "string"})
    )


@lru_cache(maxsize=1)  # the rows of a clip stand together: each clip is drawn once
def _draw(uri: str) -> tuple[np.ndarray, np.ndarray]:
    address = parse_uri(uri)
    scene = sample_scene(address.split, address.kind, address.seed, address.index, address.config, address.size)
    return render_scene(scene, address.num_frames, address.size)


def decode_frames(row: Row) -> Frames:
    """The frames that a row names, uint8 (T, H, W, 3).

    Raises:
        ValueError: `frames_dir` is no URI of this benchmark, or a name is none of a frame of the clip.
    """
    frames, _ = _draw(row["frames_dir"])
    return frames[_places(row["frame_names"], len(frames))]


def decode_masks(row: Row) -> tuple[Masks, Masks]:
    """The masks of a row's target in the same frames, bool (T, H, W), and its void pixels, of which there are none.

    Raises:
        ValueError: as `decode_frames`.
    """
    _, labels = _draw(row["masks"])
    masks = np.isin(labels[_places(row["frame_names"], len(labels))], row["object_ids"])
    return masks, np.zeros_like(masks)


def _frame_name(index: int) -> str:
    return f"{index:05d}"


def _places(names: Sequence[str], count: int) -> list[int]:
    """Which of the `count` frames are meant; a new array is made of them in any case, whatever they are."""
    place_of = {_frame_name(index): index for index in range(count)}
    unknown = [name for name in names if name not in place_of]
    if unknown or not names:
        got = repr(unknown[0]) if unknown else "none"
        raise VideoError(f"expected names of frames from 00000 to {_frame_name(count - 1)}, got {got}")
    return [place_of[name] for name in names]
