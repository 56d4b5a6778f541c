"""A scene to pixels: frames with soft borders, and which object each pixel shows."""

import math

import numpy as np

from .background import draw_background
from .geometry import AREA, DISTANCES, PATTERNS, REACH
from .scene import Scene, ShapeObject


def _paint(canvas: np.ndarray, labels: np.ndarray, item: ShapeObject, label: int, t: int) -> None:
    """Draws one object over `canvas` (H, W, 3) and `labels` (H, W), inside its bounding box only."""
    height, width = labels.shape
    x, y = item.motion.position(t)
    x, y, radius = x * height, y * height, item.radius * height
    reach = REACH[item.shape] * radius + 1.0
    x0, x1 = max(0, math.floor(x - reach)), min(width, math.ceil(x + reach))
    y0, y1 = max(0, math.floor(y - reach)), min(height, math.ceil(y + reach))
    if x0 >= x1 or y0 >= y1:
        return
    cos, sin = item.rotation(t)
    right = np.arange(x0, x1, dtype=np.float32) + (0.5 - x)
    down = (np.arange(y0, y1, dtype=np.float32) + (0.5 - y))[:, None]
    u, v = right * cos + down * sin, down * cos - right * sin  # (h, w) each
    cover = np.clip(0.5 - DISTANCES[item.shape](u, v, radius), 0.0, 1.0)
    patch = canvas[y0:y1, x0:x1]
    pattern = PATTERNS.get(item.texture)
    tone = None if pattern is None else pattern(u, v, radius, height, item.texture_angle)
    for channel, (first, second) in enumerate(zip(item.shade, item.second_shade, strict=True)):
        below = patch[:, :, channel]
        shade = float(first) if tone is None else first + tone * float(second - first)
        below += cover * (shade - below)
    labels[y0:y1, x0:x1][cover >= 0.5] = label


def render_scene(scene: Scene, num_frames: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Frames, uint8 (T, H, W, 3), and label maps, uint8 (T, H, W): 0 the background, i object i.

    A pixel belongs to the nearest object that covers at least half of it.
    """
    frames = np.empty((num_frames, *size, 3), dtype=np.uint8)
    labels = np.zeros((num_frames, *size), dtype=np.uint8)
    background = draw_background(scene.background, size) + 0.5  # so that cutting off the fraction rounds
    back_to_front = sorted(enumerate(scene.objects, start=1), key=lambda pair: pair[1].depth)
    for t in range(num_frames):
        canvas = background.copy()
        for label, item in back_to_front:
            _paint(canvas, labels[t], item, label, t)
        frames[t] = canvas
    return frames, labels


def visible_shares(scene: Scene, labels: np.ndarray) -> np.ndarray:
    """The share of each object's whole area that is seen, float64 (O, T), from label maps (T, H, W)."""
    count = len(scene.objects)
    height = labels.shape[1]
    radii = [item.radius * height for item in scene.objects]
    whole = np.array([AREA[item.shape] * (r * r) for item, r in zip(scene.objects, radii, strict=True)])
    seen = np.stack([np.bincount(frame.ravel(), minlength=count + 1)[1:] for frame in labels], axis=1)
    return seen / whole[:, None]
