"""What a training clip may look like besides how it was drawn: mirrored, other light, a little noise and blur.

A clip is changed as a whole: all of its frames, masks and expressions get the same flip and the same colours, so that
what an expression says stays true. The generator that is handed in decides everything.
"""

import re
from dataclasses import dataclass, field

import numpy as np

# Left and right as words, alone or in their compounds; "bright", "upright" and "leftover" are other words.
_SIDE = re.compile(
    r"(?<![a-z])(left|right)(?=(?:most|wards?|side|hand|handed)?(?![a-z]))(?![- ]angled?\b)", re.IGNORECASE
)
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


@dataclass(frozen=True)
class AugmentationConfig:
    """How far a clip may be changed. Colours stay mild: they must still have the name that the expression uses."""

    flip: float = field(default=0.5, metadata={"help": "probability of a mirrored clip", "min": 0.0, "max": 1.0})
    brightness: float = field(
        default=0.15, metadata={"help": "shift of all channels by at most this share of white", "min": 0.0, "max": 1.0}
    )
    contrast: float = field(default=0.2, metadata={"help": "contrast is scaled by 1 +- this", "min": 0.0, "max": 0.9})
    saturation: float = field(
        default=0.2, metadata={"help": "saturation is scaled by 1 +- this", "min": 0.0, "max": 0.9}
    )
    noise: float = field(
        default=0.04,
        metadata={"help": "largest standard deviation of pixel noise, as a share of white", "min": 0.0, "max": 0.5},
    )
    blur: float = field(default=0.25, metadata={"help": "probability of a blurred clip", "min": 0.0, "max": 1.0})


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
        masks: (O, T, H, W) bool.
        texts: the expressions.
        config: how far to go.
        rng: decides; the same state gives the same clip.

    Returns:
        Frames, masks and expressions, in the shapes and types that came in.
    """
    if rng.random() < config.flip:
        frames, masks = frames[:, :, ::-1], masks[..., ::-1]
        texts = [swap_left_right(text) for text in texts]
    return jitter_frames(frames, config, rng), np.ascontiguousarray(masks), texts


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
