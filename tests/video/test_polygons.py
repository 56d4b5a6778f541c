"""Polygons become the masks that COCO's own tools give."""

import numpy as np
import pytest

from refsam_hf.video import VideoError
from refsam_hf.video.polygons import decode_polygons

BOX = [2, 1, 6, 1, 6, 4, 2, 4]


def test_a_box_and_a_second_part() -> None:
    expected = np.zeros((8, 10), np.bool_)
    expected[1:4, 2:6] = True
    np.testing.assert_array_equal(decode_polygons([BOX], 8, 10), expected)
    expected[5:7, 7:9] = True
    both = decode_polygons([BOX, [7.0, 5.0, 9.0, 5.0, 9.0, 7.0, 7.0, 7.0]], 8, 10)
    assert both.dtype == np.bool_
    np.testing.assert_array_equal(both, expected)


def test_what_is_outside_is_cut_off() -> None:
    mask = decode_polygons([[-4, -4, 5, -4, 5, 20, -4, 20]], 8, 10)
    assert mask[:, :5].all()
    assert not mask[:, 5:].any()


@pytest.mark.parametrize(
    ("polygons", "message"),
    [
        ([], "expected a list of polygons, got"),
        (None, "expected a list of polygons, got None"),
        ("text", "expected a list of polygons, got text"),
        ([[1, 1, 4, 4]], "three corners or more, got 4 numbers"),
        ([[1, 1, 4, 4, 2, 3, 5]], "three corners or more, got 7 numbers"),
        ([BOX, None], "three corners or more, got NoneType"),
        ([[1, 1, 4, 4, 2, "3"]], "corners of numbers from -10 to 20"),
        ([[1, 1, 4, 4, 2, float("nan")]], "corners of numbers"),
        ([[1, 1, 4, 4, 2, 1e9]], "corners of numbers"),
        ([[1, 1, 4, 4, 2, True]], "corners of numbers"),
    ],
)
def test_what_is_no_polygon(polygons: object, message: str) -> None:
    with pytest.raises(VideoError, match=message):
        decode_polygons(polygons, 8, 10)


def test_absurd_sizes() -> None:
    for size in ((0, 10), (1 << 20, 1 << 20)):
        with pytest.raises(VideoError, match="expected a size of at most"):
            decode_polygons([BOX], *size)
