"""Stands in for what SAM's tower has seen: dense supervision of a small vision tower that starts from nothing.

The paper's tower is SAM's, trained on a billion masks, and words are only then fitted to it. A tower that starts from
nothing finds colours through the words alone, but shapes hardly: whether the circle or the star was meant is a single
bit per object. Here every cell is asked which object it lies on, and where its border runs; and it is asked in words.

Letters: B frames, O objects, (h, w) the tower's grid, P its patch size, C and D the widths of its two outputs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import Dataset
from transformers import PreTrainedModel

from ..benchmarks.shapes import SceneConfig, generate_clip
from ..benchmarks.shapes.vocabulary import COLOUR_NAMES, SHAPES, TEXTURES
from ..modules.text_encoder import encode_text
from ..modules.vision_tower import RefSamVisionOutput
from .augmentation import AugmentationConfig, augment_clip
from .losses import IGNORE_INDEX

NAMES = {"colour": COLOUR_NAMES, "shape": SHAPES, "texture": TEXTURES}
NOTHING = -100  # the label of a cell that lies on no object
SHAPE_WEIGHT = 2.0  # shapes are learned last
BORDER_WEIGHT = 2.0
PLACE_WEIGHT = 5.0
RADIUS_SCALE = 10.0  # a radius of 10 % of the height becomes 1
PHRASES = ("{}", "the {} one", "object that is {}", "the larger {}")  # what a word is said in


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


class WordFeatures(nn.Module):
    """The words for colours, shapes and textures as the model itself sees them, in several short expressions.

    They are the Cross-Modal MLP's outputs as they are, also where `unit_length` would scale them.

    Args:
        text_encoder, cross_modal_mlp: of the model; they learn.
        processor: its `RefSamProcessor`, whose tokenizer has a token for each of these words.
    """

    input_ids: Tensor
    attention_mask: Tensor
    positions: Tensor

    def __init__(self, text_encoder: PreTrainedModel, cross_modal_mlp: nn.Module, processor: Any) -> None:
        super().__init__()
        self.text_encoder: PreTrainedModel = text_encoder
        self.cross_modal_mlp = cross_modal_mlp
        texts = [phrase.format(name) for names in NAMES.values() for name in names for phrase in PHRASES]
        input_ids, attention_mask = processor.tokenize(texts)
        positions = [phrase.split().index("{}") for phrase in PHRASES] * (len(texts) // len(PHRASES))
        self.register_buffer("input_ids", input_ids, persistent=False)
        self.register_buffer("attention_mask", attention_mask, persistent=False)
        self.register_buffer("positions", torch.tensor(positions), persistent=False)

    def forward(self) -> dict[str, Tensor]:
        """For each attribute (K, phrases, C), K its names."""
        words, _ = encode_text(self.text_encoder, self.input_ids, self.attention_mask)  # (X, N, d)
        words = self.cross_modal_mlp(words[torch.arange(len(words), device=words.device), self.positions])  # (X, C)
        parts = words.unflatten(0, (-1, len(PHRASES))).split([len(names) for names in NAMES.values()])
        return dict(zip(NAMES, parts, strict=True))


class TowerHeads(nn.Module):
    """What is asked of the tower's outputs. All but the words' features is thrown away after the pretraining.

    Colour, shape and texture of a cell are asked for as dense attention will: which word's features go best with the
    cell's, by `F W^T / sqrt(C)` (Section 3.3). So the words learn here too what they look like.
    The place is asked for because relations are read off the features too, and looks alone give a tower no reason to
    keep it.
    The border is asked for at the first intermediate level too: where an object ends must be known early, for the
    deeper blocks to see what shape that makes.
    """

    def __init__(self, words: nn.Module, channels: int, width: int, patch_size: int) -> None:
        super().__init__()
        self.words = words
        self.place = nn.Linear(channels, 2)
        self.radius = nn.Linear(channels, 1)
        self.inside = nn.Linear(channels, patch_size**2)
        self.inside_early = nn.Linear(width, patch_size**2)

    def forward(self, output: RefSamVisionOutput, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        """The loss of a batch of `TowerFrames`, and how good the answers are: the share of the cells on objects that
        each attribute is right on; of the place, 1 - the mean error in sides of the square. Where no cell lies on an
        object, nothing is asked of cells on objects, and these are NaN.

        Args:
            output: visual embedding (B, C, h, w), intermediate embeddings (B, h, w, D).
            batch: the frames' labels, with B in front.
        """
        final = output.visual_embedding.float().permute(0, 2, 3, 1)  # (B, h, w, C)
        early = output.intermediate_embeddings[0].float()  # (B, h, w, D)
        on_object = batch["colour"] != NOTHING  # (B, h, w)
        loss = final.new_zeros(())
        right: dict[str, float] = {}
        cells = final[on_object]  # (X, C)
        for name, words in self.words().items():
            logits = torch.einsum("xc,kpc->xkp", cells, words.float()) / cells.shape[-1] ** 0.5
            target = batch[name][on_object]
            weight = SHAPE_WEIGHT if name == "shape" else 1.0
            errors = F.cross_entropy(logits, target[:, None].expand(-1, logits.shape[-1]), reduction="none")
            loss = loss + weight * _mean(errors)
            right[name] = (logits.argmax(dim=1) == target[:, None]).float().mean().item()
        place = places(on_object)
        error = self.place(cells) - place
        loss = loss + PLACE_WEIGHT * _mean(error.square())
        right["place"] = 1.0 - error.abs().mean().item()
        radius = self.radius(cells).squeeze(-1)
        loss = loss + _mean((radius - RADIUS_SCALE * batch["radius"][on_object]).square())
        known = batch["inside"] >= 0
        for inside in (self.inside_early(early), self.inside(final)):
            loss = loss + BORDER_WEIGHT * F.binary_cross_entropy_with_logits(inside[known], batch["inside"][known])
        return loss, right


def _mean(errors: Tensor) -> Tensor:
    """0 of none."""
    return errors.sum() / max(1, errors.numel())


def places(cells: Tensor) -> Tensor:
    """Where the chosen cells of a mask (B, h, w) are: (X, 2) as x, y, 0 at the first cell and 1 at the last."""
    _, rows, columns = cells.nonzero(as_tuple=True)
    height, width = cells.shape[1:]
    return torch.stack([columns / (width - 1), rows / (height - 1)], dim=1)
