"""One clip of the benchmark: frames, masks, and what can be said about them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .address import DEFAULT_CONFIG, DEFAULT_FRAMES, ClipAddress
from .config import SceneConfig
from .expressions import Expression, describe
from .kinds import APPEARANCE
from .render import render_scene, visible_shares
from .scene import Scene, sample_scene


@dataclass(frozen=True, eq=False)
class ShapesClip:
    """A drawn clip of T frames with O objects.

    Attributes:
        frames: uint8 (T, H, W, 3), RGB.
        masks: bool (O, T, H, W), the visible pixels of object i + 1.
        scene: what was drawn.
        expressions: of every kind; each is true of exactly the objects it names, of none if it names none.
    """

    frames: np.ndarray
    masks: np.ndarray
    scene: Scene
    expressions: list[Expression]

    def label_maps(self) -> np.ndarray:
        """uint8 (T, H, W): 0 is the background, i object i."""
        ids = np.arange(1, len(self.masks) + 1, dtype=np.uint8)
        return (self.masks * ids[:, None, None, None]).max(axis=0)

    def masks_of(self, object_ids: Sequence[int]) -> np.ndarray:
        """bool (T, H, W): where any of the objects, ids from 1, is seen. Without objects, nowhere."""
        return np.asarray(self.masks[[object_id - 1 for object_id in object_ids]].any(axis=0))


def draw_clip(address: ClipAddress) -> ShapesClip:
    """The clip at an address."""
    key = address.split, address.kind, address.seed, address.index
    scene = sample_scene(*key, address.config, address.size)
    frames, labels = render_scene(scene, address.num_frames, address.size)
    ids = np.arange(1, len(scene.objects) + 1, dtype=np.uint8)
    masks = labels[None] == ids[:, None, None, None]  # (O, T, H, W)
    expressions = describe(scene, visible_shares(scene, labels), key)
    return ShapesClip(frames, masks, scene, expressions)


def generate_clip(
    split: str,
    index: int,
    *,
    kind: str = APPEARANCE,
    seed: int = 0,
    num_frames: int = DEFAULT_FRAMES,
    size: tuple[int, int] = (180, 240),
    config: SceneConfig = DEFAULT_CONFIG,
) -> ShapesClip:
    """Draws clip `index` of a kind and split: the same bytes for the same arguments on every machine.

    A longer clip begins with the frames of a shorter one; another `size` (H, W) of the same aspect ratio shows the
    same scene. Splits, kinds, seeds and indices have unrelated streams of draws.

    Raises:
        ValueError: as `ClipAddress`.
    """
    return draw_clip(ClipAddress(split, index, kind, seed, num_frames, size, config))
