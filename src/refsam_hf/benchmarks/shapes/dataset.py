"""The benchmark as a table: one row per expression, whose clip is drawn when the row is opened."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm.auto import tqdm

from ..rows import row_features
from .address import DEFAULT_CONFIG, ClipAddress, check_whole, parse_uri
from .clip import draw_clip
from .config import SceneConfig
from .expressions import APPEARANCE, KINDS
from .render import render_scene
from .scene import sample_scene

if TYPE_CHECKING:
    from datasets import Dataset

BENCHMARK = "shapes"


def _rows(address: ClipAddress, kinds: Sequence[str]) -> list[dict[str, Any]]:
    uri = address.uri()
    names = [f"{t:05d}" for t in range(address.num_frames)]
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
        }
        for number, expression in enumerate(draw_clip(address).expressions)
        if expression.kind in kinds  # after the numbering: an expression keeps its id whatever kinds are asked for
    ]


def load_shapes(
    split: str,
    *,
    num_clips: int,
    seed: int = 0,
    num_frames: int = 8,
    size: tuple[int, int] = (180, 240),
    kinds: Sequence[str] = (APPEARANCE,),
    config: SceneConfig = DEFAULT_CONFIG,
) -> "Dataset":
    """The first `num_clips` clips of a split, a row per expression, with the kind of the expression beside it.

    The rows hold no pixels: `load_shapes(...).with_transform(decode_rows)` draws them when a row is opened.

    Raises:
        ValueError: as `generate_clip`; an unknown kind; or a `config` whose objects nothing tells apart.
    """
    from datasets import Dataset

    check_whole("num_clips", num_clips, 1)
    if isinstance(kinds, str) or not kinds or any(kind not in KINDS for kind in kinds):
        raise ValueError(f"kinds: expected one or more out of {', '.join(KINDS)}, got {kinds!r}")
    rows: list[dict[str, Any]] = []
    for index in tqdm(range(num_clips), desc=f"{BENCHMARK} {split}", unit="clip", delay=2):
        rows += _rows(ClipAddress(split, index, seed, num_frames, size, config), kinds)
    if not rows:
        raise ValueError(f"config: expected objects that {' or '.join(kinds)} can tell apart, got {config!r}")
    return Dataset.from_list(rows, features=row_features({"kind": "string"}))


@lru_cache(maxsize=1)  # the rows of a clip stand together: each clip is drawn once
def _draw(uri: str) -> tuple[np.ndarray, np.ndarray]:
    address = parse_uri(uri)
    scene = sample_scene(address.split, address.seed, address.index, address.config, address.size)
    return render_scene(scene, address.num_frames, address.size)


def decode_row(row: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The pixels of a row: frames, uint8 (T, H, W, 3), and masks of its target, bool (T, H, W).

    Raises:
        ValueError: `frames_dir` is no URI of this benchmark.
    """
    frames, labels = _draw(row["frames_dir"])
    return {"frames": frames.copy(), "masks": np.isin(labels, row["object_ids"])}


def decode_rows(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The transform for `Dataset.with_transform`: adds `frames`, and puts the masks themselves into `masks`."""
    pairs = zip(rows["frames_dir"], rows["object_ids"], strict=True)
    decoded = [decode_row({"frames_dir": uri, "object_ids": ids}) for uri, ids in pairs]
    return rows | {name: [pixels[name] for pixels in decoded] for name in ("frames", "masks")}
