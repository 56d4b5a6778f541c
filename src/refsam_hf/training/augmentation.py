"""What a training clip may look like besides how it is: mirrored, nearer or farther, other light, noise and blur.

A clip is changed as a whole: all of its frames, masks and expressions get the same flip, window and colours, so that
what an expression says stays true. The generator that is handed in decides everything.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .losses import IGNORE_INDEX

# Left and right as words, alone or in their compounds; "bright", "upright" and "leftover" are other words.
_SIDE = re.compile(
    r"(?<![a-z])(left|right)(?=(?:most|wards?|side|hand|handed)?(?![a-z]))(?![- ]angled?\b)", re.IGNORECASE
)
CROP_TRIES = 10
_PADDING = (124, 116, 104)  # the mean of ImageNet, which is 0 to the model
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


def _setting(default: float, help: str, *, least: float = 0.0, most: float = 1.0) -> Any:
    return field(default=default, metadata={"help": help, "min": least, "max": most})


@dataclass(frozen=True)
class AugmentationConfig:
    """How far a clip may be changed. Colours stay mild: they must still have the name that the expression uses."""

    flip: float = _setting(0.5, "probability of a mirrored clip")
    brightness: float = _setting(0.15, "shift of all channels by at most this share of white")
    contrast: float = _setting(0.2, "contrast is scaled by 1 +- this", most=0.9)
    saturation: float = _setting(0.2, "saturation is scaled by 1 +- this", most=0.9)
    noise: float = _setting(0.04, "largest standard deviation of pixel noise, as a share of white", most=0.5)
    blur: float = _setting(0.25, "probability of a blurred clip")
    crop: float = _setting(0.0, "probability of a window of the clip in its place")
    crop_size: float = _setting(0.6, "least share of a side that the window has", least=0.01)
    resize: float = _setting(0.0, "probability of a clip that is seen smaller")
    resize_scale: float = _setting(0.6, "smallest scale at which it is seen", least=0.1)
    still_shift: float = _setting(0.1, "a still image moves by at most this share of a side")
    still_rotation: float = _setting(10.0, "a still image turns by at most so many degrees", most=180.0)
    still_zoom: float = _setting(0.1, "a still image grows or shrinks by at most this share", most=0.9)
    still_shear: float = _setting(5.0, "a still image shears by at most so many degrees", most=60.0)


def swap_left_right(text: str) -> str:
    """The expression of the mirrored clip: left and right swapped as whole words.

    "leftmost", "leftwards", "leftside" and "left-hand" are swapped too; "bright" is not.
    """

    def other(match: re.Match[str]) -> str:
        word = match.group(1)
        swapped = "right" if word.lower() == "left" else "left"
        if word.isupper():
            return swapped.upper()
        return swapped.capitalize() if word[0].isupper() else swapped

    return _SIDE.sub(other, text)


def augment_clip(
    frames: np.ndarray, masks: np.ndarray, texts: list[str], config: AugmentationConfig, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """A changed copy of a clip.

    Args:
        frames: (T, H, W, 3) uint8.
        masks: (O, T, H, W), bool, or uint8 with `IGNORE_INDEX` where a pixel does not count.
        texts: the expressions.
        config: how far to go.
        rng: decides; the same state gives the same clip.

    Returns:
        Frames, masks and expressions. Frames of another size if there is a window; masks are uint8 if the clip is
        seen smaller.
    """
    if rng.random() < config.flip:
        frames, masks = frames[:, :, ::-1], masks[..., ::-1]
        texts = [swap_left_right(text) for text in texts]
    # chance is asked for nothing that is off: what was drawn without these options is drawn again
    if config.crop and rng.random() < config.crop:
        frames, masks = crop_clip(frames, masks, config.crop_size, rng)
    if config.resize and rng.random() < config.resize:
        frames, masks = shrink_clip(frames, masks, rng.uniform(config.resize_scale, 1))
    return jitter_frames(frames, config, rng), np.ascontiguousarray(masks), texts


def crop_clip(
    frames: np.ndarray, masks: np.ndarray, least: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A window of a clip, the same in all frames, which the processor then enlarges.

    Its sides are `least` to 1 of the clip's. A window that leaves out an object entirely is drawn again; after
    `CROP_TRIES` the clip stays whole.
    """
    height, width = frames.shape[1:3]
    seen = _seen(masks)
    for _ in range(CROP_TRIES):
        rows, columns = (max(1, round(side * rng.uniform(least, 1))) for side in (height, width))
        top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
        window = np.s_[..., top : top + rows, left : left + columns]
        if np.array_equal(_seen(masks[window]), seen):
            return frames[:, top : top + rows, left : left + columns], masks[window]
    return frames, masks


def _seen(masks: np.ndarray) -> np.ndarray:
    """(O,) bool, which objects show a pixel in any frame."""
    seen: np.ndarray = (masks == 1).any(axis=(1, 2, 3))
    return seen


def shrink_clip(frames: np.ndarray, masks: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """A clip that is seen smaller by a scale: the processor fits it into its square together with a border.

    The border, at right and bottom as the processor's own padding, has about its colour and counts in no loss.
    """
    height, width = frames.shape[1:3]
    border = (0, round(height / scale) - height), (0, round(width / scale) - width)
    larger = [np.pad(frames[..., i], ((0, 0), *border), constant_values=value) for i, value in enumerate(_PADDING)]
    labels = np.pad(masks.astype(np.uint8), ((0, 0), (0, 0), *border), constant_values=IGNORE_INDEX)
    return np.stack(larger, axis=-1), labels


def jitter_frames(frames: np.ndarray, config: AugmentationConfig, rng: np.random.Generator) -> np.ndarray:
    """Other light, a little noise and blur, (T, H, W, 3) uint8 -> the same; all frames alike but for the noise."""
    brightness = rng.uniform(-config.brightness, config.brightness)
    contrast = rng.uniform(1 - config.contrast, 1 + config.contrast)
    saturation = rng.uniform(1 - config.saturation, 1 + config.saturation)
    noise = rng.uniform(0, config.noise)
    blurred = rng.random() < config.blur

    pixels = frames.astype(np.float32) / 255
    grey = (pixels @ _LUMA)[..., None]  # (T, H, W, 1)
    mean = grey.mean()
    pixels = grey + np.float32(saturation) * (pixels - grey)
    pixels = mean + np.float32(contrast) * (pixels - mean) + np.float32(brightness)
    if blurred:
        pixels = _blur(pixels)
    if noise > 0:
        pixels += np.float32(noise) * rng.standard_normal(pixels.shape, dtype=np.float32)
    return (pixels * 255).round().clip(0, 255).astype(np.uint8)


def _blur(pixels: np.ndarray) -> np.ndarray:
    """A 3 x 3 binomial kernel, the borders repeated."""
    padded = np.pad(pixels, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    rows = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
    return (rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]) / 4
