"""One clip of the benchmark: frames, masks, and what can be said about them."""

from dataclasses import dataclass

import numpy as np

from .config import SceneConfig
from .expressions import Expression, describe
from .render import render_scene, visible_shares
from .scene import Scene, sample_scene
from .vocabulary import SPLITS

DEFAULT_CONFIG = SceneConfig()


@dataclass(frozen=True, eq=False)
class ShapesClip:
    """A drawn clip of T frames with O objects.

    Attributes:
        frames: uint8 (T, H, W, 3), RGB.
        masks: bool (O, T, H, W), the visible pixels of object i + 1.
        scene: what was drawn.
        expressions: of every kind; each is true of exactly the objects it names.
    """

    frames: np.ndarray
    masks: np.ndarray
    scene: Scene
    expressions: list[Expression]

    def label_maps(self) -> np.ndarray:
        """uint8 (T, H, W): 0 is the background, i object i."""
        ids = np.arange(1, len(self.masks) + 1, dtype=np.uint8)
        return (self.masks * ids[:, None, None, None]).max(axis=0)


def check_whole(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name}: expected an integer of at least {least}, got {value!r}")


def check_split(split: str) -> None:
    if split not in SPLITS:
        raise ValueError(f"split: expected one of {', '.join(SPLITS)}, got {split!r}")


def check_size(size: tuple[int, int]) -> None:
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ValueError(f"size: expected (height, width), got {size!r}")
    for name, value in zip(("height", "width"), size, strict=True):
        check_whole(name, value, 1)


def generate_clip(
    split: str,
    index: int,
    *,
    seed: int = 0,
    num_frames: int = 8,
    size: tuple[int, int] = (180, 240),
    config: SceneConfig = DEFAULT_CONFIG,
) -> ShapesClip:
    """Draws clip `index` of a split: the same bytes for the same arguments on every machine.

    A longer clip begins with the frames of a shorter one; another `size` (H, W) of the same aspect ratio shows the
    same scene. Splits, seeds and indices have unrelated streams of draws.

    Raises:
        ValueError: unknown split, a number out of range, or a size that does not hold the objects of `config`.
    """
    check_split(split)
    check_whole("index", index, 0)
    check_whole("seed", seed, 0)
    check_whole("num_frames", num_frames, 1)
    check_size(size)
    size = int(size[0]), int(size[1])
    scene = sample_scene(split, int(seed), int(index), config, size)
    frames, labels = render_scene(scene, num_frames, size)
    ids = np.arange(1, len(scene.objects) + 1, dtype=np.uint8)
    masks = labels[None] == ids[:, None, None, None]  # (O, T, H, W)
    expressions = describe(scene, visible_shares(scene, labels), (split, int(seed), int(index)))
    return ShapesClip(frames, masks, scene, list(expressions))
