"""Masks drawn on frames."""

import numpy as np
import pytest

from refsam_hf.video.overlay import (
    COLOURS,
    FILL,
    draw_masks,
    fill_masks,
    object_colours,
    outline_masks,
    resize,
    view_size,
)

FRAME = np.full((40, 60, 3), 100, np.uint8)


def square(top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros(FRAME.shape[:2], bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_fill_contour_and_background() -> None:
    colour = np.array([[255, 0, 0]], np.uint8)
    drawn = draw_masks(FRAME, square(10, 20, 12)[None], colour)
    assert drawn[15, 25].tolist() == [round(100 + 155 * FILL), round(100 - 100 * FILL), round(100 - 100 * FILL)]
    for row, column in ((10, 20), (21, 31), (10, 25), (15, 20)):
        assert drawn[row, column].tolist() == [255, 0, 0]  # the contour lies inside
    assert drawn[9, 25].min() > 200  # a light line outside of it
    assert drawn[8, 25].max() < 100  # and a dark one
    changed = (drawn != FRAME).any(axis=-1)
    assert not changed[:8].any()
    assert not changed[:, :18].any()
    assert (FRAME == 100).all()  # the frame itself is not drawn upon


def test_the_fill_and_the_contour_alone() -> None:
    colour, mask = np.array([[255, 0, 0]], np.uint8), square(10, 20, 12)
    filled = fill_masks(FRAME, mask[None], colour, share=1.0)
    np.testing.assert_array_equal((filled == colour[0]).all(axis=-1), mask)
    np.testing.assert_array_equal(filled[~mask], FRAME[~mask])
    outlined = outline_masks(FRAME, mask[None], colour, line=3)
    np.testing.assert_array_equal((outlined == colour[0]).all(axis=-1), mask & ~square(13, 23, 6))
    np.testing.assert_array_equal(outlined[square(13, 23, 6)], FRAME[square(13, 23, 6)])
    assert (FRAME == 100).all()


def test_no_contour_along_the_edge_of_the_frame() -> None:
    drawn = draw_masks(FRAME, np.ones((1, 40, 60), bool), np.array([[255, 0, 0]], np.uint8))
    assert (drawn == drawn[20, 30]).all()


def test_an_empty_mask_changes_nothing() -> None:
    np.testing.assert_array_equal(draw_masks(FRAME, np.zeros((1, 40, 60), bool), object_colours(1)), FRAME)


def test_a_mask_is_seen_on_an_object_of_its_own_colour() -> None:
    colour = object_colours(1)
    frame = np.broadcast_to(colour[0], FRAME.shape).copy()
    drawn = draw_masks(frame, square(10, 20, 12)[None], colour)
    assert np.abs(drawn.astype(int) - frame).max() > 60


def test_colours_differ_and_repeat() -> None:
    colours = object_colours(12)
    assert len(np.unique(colours[:10], axis=0)) == 10 == len(COLOURS)
    np.testing.assert_array_equal(colours[10:], colours[:2])
    assert object_colours(0).shape == (0, 3)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((32, 48), (256, 384)),
        ((96, 160), (384, 640)),
        ((180, 320), (360, 640)),
        ((480, 854), (480, 854)),
        ((2160, 3840), (2160, 3840)),
        ((8, 4000), (8, 4000)),
    ],
)
def test_small_frames_are_enlarged(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert view_size(*size) == expected


def test_large_frames_are_reduced_where_asked_for() -> None:
    assert view_size(480, 854, largest=640) == (360, 640)
    assert view_size(32, 48, largest=640) == (256, 384)
    assert view_size(8, 4000, largest=480) == (1, 480)


def test_resize_keeps_frame_and_masks_together() -> None:
    frame = FRAME.copy()
    frame[10:22, 20:32] = 250
    picture, masks = resize(frame, square(10, 20, 12)[None], 120, 180)
    assert picture.shape == (120, 180, 3)
    assert masks.shape == (1, 120, 180)
    assert masks.dtype == np.bool_
    assert ((picture[..., 0] > 175) == masks[0]).mean() > 0.99
