"""Stands in for what SAM's tower has seen: dense supervision of a small vision tower that starts from nothing.

The paper's tower is SAM's, trained on a billion masks, and words are only then fitted to it. A tower that starts from
nothing finds colours through the words alone, but shapes hardly: whether the circle or the star was meant is a single
bit per object. Here every cell is asked which object it lies on, and where its border runs.

Letters: B frames, O objects, (h, w) the tower's grid, P its patch size, C and D the widths of its two outputs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import Dataset

from ..benchmarks.shapes import SceneConfig, generate_clip
from ..benchmarks.shapes.vocabulary import COLOUR_NAMES, SHAPES, TEXTURES
from ..modules.vision_tower import RefSamVisionOutput
from .augmentation import AugmentationConfig, augment_clip
from .losses import IGNORE_INDEX

NAMES = {"colour": COLOUR_NAMES, "shape": SHAPES, "texture": TEXTURES}
NOTHING = -100  # the label of a cell that lies on no object
SHAPE_WEIGHT = 2.0  # shapes are learned last
BORDER_WEIGHT = 2.0
RADIUS_SCALE = 10.0  # a radius of 10 % of the height becomes 1


class TowerFrames(Dataset[dict[str, Tensor]]):
    """Single frames of the shapes benchmark with a label for every cell.

    A frame depends on the seed and its index alone.

    Args:
        video_processor: a `RefSamVideoProcessor`.
        patch_size: P.
        num_frames: how many there are.
        seed: of the scenes and of the augmentation.
        frame_sizes: (height, width) of the drawn frames; each has one of these.
        scenes: what is drawn; each frame has one of these.
        augmentation: how the frames are changed.
    """

    def __init__(
        self,
        video_processor: Any,
        patch_size: int,
        num_frames: int,
        *,
        seed: int = 0,
        frame_sizes: Sequence[tuple[int, int]] = ((128, 128),),
        scenes: Sequence[SceneConfig] = (SceneConfig(),),
        augmentation: AugmentationConfig,
    ) -> None:
        self.video_processor = video_processor
        self.patch_size = patch_size
        self.num_frames = num_frames
        self.seed = seed
        self.frame_sizes = list(frame_sizes)
        self.scenes = list(scenes)
        self.augmentation = augmentation

    def __len__(self) -> int:
        return self.num_frames

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """`pixel_values` (3, S, S); `colour`, `shape`, `texture` (h, w), `NOTHING` off the objects; `radius` (h, w),
        0 off them; `inside` (h, w, P * P): of each pixel of a cell whether it lies on an object, -1 in the padding."""
        if not 0 <= index < self.num_frames:
            raise IndexError(f"frame {index} of {self.num_frames}")
        rng = np.random.default_rng([self.seed, index])
        size = self.frame_sizes[rng.integers(len(self.frame_sizes))]
        scene = self.scenes[rng.integers(len(self.scenes))]
        clip = generate_clip("train", index, seed=self.seed, num_frames=1, size=size, config=scene)
        frames, masks, _ = augment_clip(clip.frames, clip.masks, [], self.augmentation, rng)
        labels = self.video_processor.preprocess_masks(masks[:, 0])  # (O, S, S)

        cells = self._cells(labels == 1)  # (O, h, w, P * P)
        coverage, nearest = cells.float().mean(dim=-1).max(dim=0)  # (h, w)
        on_object = coverage > 0.5
        item = {"pixel_values": self.video_processor(frames)["pixel_values"][0, 0]}
        for name, names in NAMES.items():
            of_object = torch.tensor([names.index(getattr(shape, name)) for shape in clip.scene.objects])
            item[name] = torch.where(on_object, of_object[nearest], NOTHING)
        radii = torch.tensor([shape.radius for shape in clip.scene.objects])
        item["radius"] = torch.where(on_object, radii[nearest], 0.0)
        padding = self._cells(labels[:1] == IGNORE_INDEX)[0]
        item["inside"] = torch.where(padding, -1, cells.any(dim=0).int()).float()
        return item

    def _cells(self, pixels: Tensor) -> Tensor:
        """(X, S, S) -> (X, h, w, P * P)."""
        patch = self.patch_size
        return pixels.unfold(1, patch, patch).unfold(2, patch, patch).flatten(3)


class TowerHeads(nn.Module):
    """Linear heads on the tower's outputs, thrown away after the pretraining.

    The border is asked for at the first intermediate level too: where an object ends must be known early, for the
    deeper blocks to see what shape that makes.
    """

    def __init__(self, channels: int, width: int, patch_size: int) -> None:
        super().__init__()
        self.attributes = nn.ModuleDict({name: nn.Linear(channels, len(names)) for name, names in NAMES.items()})
        self.radius = nn.Linear(channels, 1)
        self.inside = nn.Linear(channels, patch_size**2)
        self.inside_early = nn.Linear(width, patch_size**2)

    def forward(self, output: RefSamVisionOutput, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        """The loss of a batch of `TowerFrames`, and the share of the cells on objects that each attribute is right on.

        Args:
            output: visual embedding (B, C, h, w), intermediate embeddings (B, h, w, D).
            batch: the frames' labels, with B in front.
        """
        final = output.visual_embedding.float().permute(0, 2, 3, 1)  # (B, h, w, C)
        early = output.intermediate_embeddings[0].float()  # (B, h, w, D)
        on_object = batch["colour"] != NOTHING  # (B, h, w)
        loss = final.new_zeros(())
        right: dict[str, float] = {}
        for name, head in self.attributes.items():
            logits, target = head(final[on_object]), batch[name][on_object]
            weight = SHAPE_WEIGHT if name == "shape" else 1.0
            loss = loss + weight * F.cross_entropy(logits, target)
            right[name] = (logits.argmax(dim=-1) == target).float().mean().item()
        radius = self.radius(final[on_object]).squeeze(-1)
        loss = loss + F.mse_loss(radius, RADIUS_SCALE * batch["radius"][on_object])
        known = batch["inside"] >= 0
        for inside in (self.inside_early(early), self.inside(final)):
            loss = loss + BORDER_WEIGHT * F.binary_cross_entropy_with_logits(inside[known], batch["inside"][known])
        return loss, right
