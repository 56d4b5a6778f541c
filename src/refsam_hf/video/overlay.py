"""Masks drawn over a frame: a transparent fill and a contour for each object, in its colour."""

import math

import numpy as np

# Bright, far apart from one another, and readable as text on a dark ground.
COLOURS = (
    (255, 92, 92),  # red
    (64, 190, 255),  # blue
    (255, 205, 40),  # yellow
    (90, 225, 110),  # green
    (235, 120, 255),  # violet
    (255, 150, 50),  # orange
    (70, 235, 215),  # turquoise
    (255, 150, 195),  # pink
    (190, 215, 70),  # lime
    (170, 165, 255),  # lavender
)
FILL = 0.42  # share of the object's colour inside the contour
WHITE, DARK = (255, 255, 255), (18, 18, 22)
SMALL, LARGE, MAX_SCALE = 360, 1920, 8


def object_colours(count: int) -> np.ndarray:
    """A colour for each of `count` objects, uint8 (count, 3); they repeat after ten."""
    return np.array([COLOURS[index % len(COLOURS)] for index in range(count)], np.uint8).reshape(count, 3)


def view_size(height: int, width: int, *, largest: int | None = None) -> tuple[int, int]:
    """The size at which frames are shown, (height, width): small ones are enlarged by a whole number, so that contours
    and text can be seen; none gets a side above `largest`."""
    scale: float = max(1, min(math.ceil(SMALL / min(height, width)), LARGE // max(height, width), MAX_SCALE))
    if largest is not None:
        scale = min(scale, largest / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def resize(frame: np.ndarray, masks: np.ndarray, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A frame (h, w, 3) and its masks, bool (E, h, w), at another size, without steps along the masks' edges."""
    from PIL import Image

    if frame.shape[:2] == (height, width):
        return frame, masks
    picture = Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC)
    resized = [
        np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).resize((width, height), Image.Resampling.BILINEAR))
        for mask in masks
    ]
    return np.asarray(picture), np.stack(resized) > 127


def draw_masks(frame: np.ndarray, masks: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """A frame with its masks on it, each a transparent fill inside a contour.

    Args:
        frame: uint8 (H, W, 3).
        masks: bool (E, H, W); later ones lie on top.
        colours: uint8 (E, 3).

    Returns:
        uint8 (H, W, 3), a new array.
    """
    return outline_masks(fill_masks(frame, masks, colours), masks, colours)


def fill_masks(frame: np.ndarray, masks: np.ndarray, colours: np.ndarray, share: float = FILL) -> np.ndarray:
    """The fill alone, as `draw_masks`; `share` is how much of it there is, from 0 to 1."""
    picture = frame.copy()
    for mask, colour in zip(masks, colours, strict=True):
        box = _box(mask, margin=0)
        if box is not None:
            _blend(picture[box], mask[box], colour, share)
    return picture


def outline_masks(frame: np.ndarray, masks: np.ndarray, colours: np.ndarray, line: int | None = None) -> np.ndarray:
    """The contour alone, as `draw_masks`; `line` pixels wide, or as it suits the frame's size."""
    picture = frame.copy()
    if line is None:
        line = max(1, round(min(frame.shape[:2]) / 240))
    for mask, colour in zip(masks, colours, strict=True):
        box = _box(mask, margin=line + 2)
        if box is None:
            continue
        inside = mask[box]
        rim = _grow(inside, line)
        # White and dark beside the line of colour: it is seen on an object, and on a background, of its own colour.
        _blend(picture[box], _grow(rim, 1) & ~rim, np.array(DARK), 0.55)
        _blend(picture[box], rim & ~inside, np.array(WHITE), 0.9)
        _blend(picture[box], inside & _grow(~inside, line), colour, 1.0)
    return picture


def _box(mask: np.ndarray, margin: int) -> tuple[slice, slice] | None:
    """The rows and columns of a mask (H, W) and a margin around it, or None if it is empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    return (
        slice(max(0, rows[0] - margin), rows[-1] + 1 + margin),
        slice(max(0, columns[0] - margin), columns[-1] + 1 + margin),
    )


def _grow(mask: np.ndarray, pixels: int) -> np.ndarray:
    """A mask (H, W) and all that lies within so many steps up, down, left or right of it."""
    for _ in range(pixels):
        grown = mask.copy()
        grown[1:] |= mask[:-1]
        grown[:-1] |= mask[1:]
        grown[:, 1:] |= mask[:, :-1]
        grown[:, :-1] |= mask[:, 1:]
        mask = grown
    return mask


def _blend(picture: np.ndarray, where: np.ndarray, colour: np.ndarray, share: float) -> None:
    """Mixes a colour into some pixels of (H, W, 3), in place."""
    pixels = picture[where].astype(np.float32)
    picture[where] = np.rint(pixels + (colour - pixels) * share).astype(np.uint8)
