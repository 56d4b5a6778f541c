"""The benchmark as real files, in the layout of Refer-YouTube-VOS, for whoever reads that format."""

import json
import os
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from ...files.new_folder import new_folder
from ...video.encoder import encode_frames
from ...video.palette import palette_image
from ...video.progress import progress
from .address import DEFAULT_CONFIG, DEFAULT_FRAMES, ClipAddress, check_whole
from .clip import ShapesClip
from .config import SceneConfig
from .dataset import iterate_shapes, kind_order
from .expressions import Expression
from .kinds import MIX

VIDEO_FPS = 12
JPEG_QUALITY = 95


def write_shapes(
    folder: str | os.PathLike[str],
    *splits: str,
    num_clips: int,
    seed: int = 0,
    num_frames: int = DEFAULT_FRAMES,
    size: tuple[int, int] = (180, 240),
    kinds: Sequence[str] = tuple(MIX),
    config: SceneConfig = DEFAULT_CONFIG,
) -> None:
    """Writes the first `num_clips` clips of each split, as `load_shapes` lists them, into a new folder.

    ```
    <split>/JPEGImages/<video>/00000.jpg     frames, size (H, W)
    <split>/Annotations/<video>/00000.png    label maps in the palette of DAVIS: 0 is the background, i object i
    <split>/videos/<video>.mp4               the same frames, 12 a second; odd sizes are made even at the far edges
    <split>/meta.json                        {"videos": {video: {"objects": {"1": {"category": "circle"}}}}}
    meta_expressions/<split>/meta_expressions.json
        {"videos": {video: {"expressions": {"0": {"exp", "obj_id", "kind", "decidable_from"}}, "frames": ["00000"]}}}
    ```

    `obj_id` is the label of the object, as a string; it is null where the expression is true of no object (kind
    "absent"), for which Refer-YouTube-VOS has no value: a missing `obj_id` means there that it is not published, and
    "0" would be the background. Refer-YouTube-VOS does not know `kind` and `decidable_from`, the frame from which
    scores count; its readers pass over them. Label maps, texts and ids are exact. JPEG and mp4 lose a little: JPEG of
    quality 95 with whole colours (4:4:4), mp4 with colours at half the size. `load_shapes` gives the exact frames.

    All of it stands under its name at the end only; an interrupted run leaves nothing there.

    Args:
        folder: new or empty. Its parent folder exists.
        num_clips: of each split.

    Raises:
        ValueError: no split, one named twice, an unknown kind, or as `ClipAddress`, before anything is drawn; or clips
            of which too little can be said.
        OSError: the folder is not empty or cannot be made, before anything is drawn; or the disk is full.
    """
    if not splits or len(set(splits)) < len(splits):
        raise ValueError(f"splits: expected one or more different ones, got {', '.join(splits) or 'none'}")
    check_whole("num_clips", num_clips, 1)
    next(kind_order(kinds))  # refuses unknown kinds
    for split in splits:
        for kind in kinds:
            ClipAddress(split, 0, kind, seed, num_frames, size, config)  # refuses what cannot be drawn
    with new_folder(folder) as aside:
        try:
            for split in splits:
                clips = iterate_shapes(
                    split, num_clips=num_clips, seed=seed, num_frames=num_frames, size=size, kinds=kinds, config=config
                )
                _write_split(aside, split, progress(clips, total=num_clips, desc=f"writing {split}", unit="clip"))
        except OSError as error:
            got = error.strerror or error
            raise OSError(
                f"{folder}: expected a place that takes all files, got {got}; nothing was written"
            ) from error


def _write_split(
    root: Path, split: str, clips: Iterable[tuple[ClipAddress, ShapesClip, Sequence[Expression]]]
) -> None:
    expressions_of: dict[str, Any] = {}
    objects_of: dict[str, Any] = {}
    (root / split / "videos").mkdir(parents=True)
    for address, clip, expressions in clips:
        video = address.video_id
        frame_names = [f"{t:05d}" for t in range(len(clip.frames))]
        _write_images(root / split, video, frame_names, clip)
        encode_frames(root / split / "videos" / f"{video}.mp4", clip.frames, Fraction(VIDEO_FPS))
        expressions_of[video] = {
            "expressions": {str(number): _entry(expression) for number, expression in enumerate(expressions)},
            "frames": frame_names,
        }
        objects_of[video] = {
            "objects": {str(label): {"category": item.shape} for label, item in enumerate(clip.scene.objects, 1)}
        }
    _write_json(root / "meta_expressions" / split / "meta_expressions.json", {"videos": expressions_of})
    _write_json(root / split / "meta.json", {"videos": objects_of})


def _entry(expression: Expression) -> dict[str, Any]:
    if len(expression.object_ids) > 1:
        raise ValueError(f"{expression.text!r}: expected one object at most, as the format does, got {expression!r}")
    return {
        "exp": expression.text,
        "obj_id": str(expression.object_ids[0]) if expression.object_ids else None,
        "kind": expression.kind,
        "decidable_from": expression.decidable_from,
    }


def _write_images(folder: Path, video: str, frame_names: Sequence[str], clip: ShapesClip) -> None:
    from PIL import Image

    frames_folder, labels_folder = folder / "JPEGImages" / video, folder / "Annotations" / video
    frames_folder.mkdir(parents=True)
    labels_folder.mkdir(parents=True)
    for name, frame, labels in zip(frame_names, clip.frames, clip.label_maps(), strict=True):
        Image.fromarray(frame).save(frames_folder / f"{name}.jpg", quality=JPEG_QUALITY, subsampling="4:4:4")
        palette_image(labels).save(labels_folder / f"{name}.png")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")
