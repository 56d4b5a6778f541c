"""Label maps, and the palette in which DAVIS, YouTube-VOS and VOC show them."""

import functools
from typing import TYPE_CHECKING

import numpy as np

from .errors import VideoError

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_LABELS = 254  # 0 is the background, 255 is "void" in the benchmarks


@functools.cache
def voc_palette() -> np.ndarray:
    """The colours of the labels, uint8 (256, 3): the bits of a label are dealt out to red, green and blue in turn."""
    labels = np.arange(256)
    colours = np.zeros((256, 3), np.uint8)
    for place in range(3):  # 8 bits of a label, three at a time
        for channel in range(3):
            bit = labels >> (3 * place + channel) & 1
            colours[:, channel] |= (bit << (7 - place)).astype(np.uint8)
    return colours


def label_map(masks: np.ndarray, scores: np.ndarray | None = None) -> np.ndarray:
    """Masks of several objects as one label map.

    Args:
        masks: bool (E, H, W).
        scores: (E,). Where masks overlap, the one with the highest score is shown; of equal ones, and without scores,
            the first.

    Returns:
        uint8 (H, W): 0 where there is no object, i where object i is, from 1 on.

    Raises:
        VideoError: more masks than a label map has labels for.
    """
    if len(masks) > MAX_LABELS:
        raise VideoError(f"label map: expected at most {MAX_LABELS} masks, got {len(masks)}")
    order = np.arange(len(masks)) if scores is None else np.argsort(-np.asarray(scores), kind="stable")
    labels = np.zeros(masks.shape[1:], np.uint8)
    for index in order[::-1]:  # what is drawn last is on top
        labels[masks[index]] = index + 1
    return labels


def palette_image(labels: np.ndarray) -> "Image":
    """A label map, uint8 (H, W), as a PIL image of mode P that keeps the labels and shows them in colours.

    Raises:
        VideoError: another type or shape.
    """
    from PIL import Image

    if labels.dtype != np.uint8 or labels.ndim != 2:
        raise VideoError(f"label map: expected uint8 of shape (H, W), got {labels.dtype} of shape {labels.shape}")
    image = Image.fromarray(labels)
    image.putpalette(voc_palette().tobytes())  # makes it an image of mode P
    return image
