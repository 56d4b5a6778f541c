"""A still image as a clip: the camera moves over it.

Letters: T frames, E masks, (H, W) the size of the image.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .augmentation import AugmentationConfig
from .losses import IGNORE_INDEX


def moving_clip(
    image: np.ndarray, masks: np.ndarray, num_frames: int, config: AugmentationConfig, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """T frames of an image that shifts, turns, grows and shears evenly, with its masks.

    The image as it is lies in the middle of the way. What comes in from outside of it has the image's mean colour and
    counts in no loss.

    Args:
        image: uint8 (H, W, 3).
        masks: uint8 (E, H, W): 0, 1 or `IGNORE_INDEX`.
        num_frames: T.
        config: how far the image moves between the first frame and the last.
        rng: decides in which direction, and how far of that.

    Returns:
        uint8 (T, H, W, 3) and (E, T, H, W).
    """
    height, width = image.shape[:2]
    thetas = _thetas(num_frames, height, width, config, rng)
    grid = F.affine_grid(thetas, [num_frames, 1, height, width], align_corners=False)  # (T, H, W, 2)
    mean = image.mean(axis=(0, 1), dtype=np.float64)
    pixels = torch.from_numpy(image - mean).float().permute(2, 0, 1)  # (3, H, W), 0 outside
    moved = _sample(pixels, grid, "bilinear").permute(0, 2, 3, 1).numpy() + mean  # (T, H, W, 3)
    labels = _sample(torch.from_numpy(masks).float() + 1, grid, "nearest").numpy()  # (T, E, H, W), 0 outside
    labels = np.where(labels == 0, IGNORE_INDEX, labels - 1).astype(np.uint8)
    return moved.round().clip(0, 255).astype(np.uint8), labels.transpose(1, 0, 2, 3)


def _sample(image: Tensor, grid: Tensor, mode: str) -> Tensor:
    """(C, H, W), (T, H, W, 2) -> (T, C, H, W)."""
    return F.grid_sample(image.expand(len(grid), *image.shape), grid, mode=mode, align_corners=False)


def _thetas(num_frames: int, height: int, width: int, config: AugmentationConfig, rng: np.random.Generator) -> Tensor:
    """(T, 2, 3) float32: where a pixel of each frame comes from, in coordinates from -1 to 1."""
    shift = rng.uniform(-config.still_shift, config.still_shift, size=2)
    zoom = rng.uniform(-config.still_zoom, config.still_zoom)
    turn, shear = np.radians(rng.uniform(-1, 1, size=2) * (config.still_rotation, config.still_shear))
    thetas = []
    for way in np.linspace(-0.5, 0.5, num_frames):
        cosine, sine = math.cos(way * turn), math.sin(way * turn)
        turned = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[1.0, math.tan(way * shear)], [0.0, 1.0]])
        side = np.array([width, height])
        linear = turned * side / side[:, None] * math.exp(way * math.log1p(zoom))  # turned in pixels, not in [-1, 1]
        thetas.append(np.column_stack([linear, 2 * way * shift]))
    return torch.tensor(np.array(thetas), dtype=torch.float32)
