"""RLE against pycocotools, and what would crash it."""

import json
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco

from refsam_hf.video import VideoError
from refsam_hf.video.rle import check_rle, decode_rle, encode_rle, is_empty_rle


def masks() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    disk = np.hypot(*np.mgrid[-60:61, -90:91]) < 50
    shapes = [(1, 1), (7, 5), (64, 48), (3, 4000)]
    random = [rng.random(shape) < share for shape in shapes for share in (0.0, 0.02, 0.5, 1.0)]
    return [*random, disk, ~disk]


def test_there_and_back() -> None:
    for mask in masks():
        rle = encode_rle(mask)
        assert json.loads(json.dumps(rle)) == rle
        assert rle["size"] == list(mask.shape)
        decoded = decode_rle(rle)
        assert decoded.dtype == np.bool_
        np.testing.assert_array_equal(decoded, mask)


def test_the_same_as_pycocotools() -> None:
    for mask in masks():
        rle = encode_rle(mask)
        np.testing.assert_array_equal(coco.decode({"size": rle["size"], "counts": rle["counts"].encode()}), mask)
        theirs = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
        np.testing.assert_array_equal(decode_rle(theirs), mask)


def test_plain_counts() -> None:
    np.testing.assert_array_equal(decode_rle({"size": [2, 3], "counts": [1, 2, 3]}), [[0, 1, 0], [1, 0, 0]])


@pytest.mark.parametrize(
    ("rle", "message"),
    [
        (None, "expected an RLE"),
        ({"size": [2, 3]}, "expected an RLE"),
        ({"size": [2], "counts": [6]}, r"expected a size \[H, W\] of two positive integers, got \[2\]"),
        ({"size": [2, -3], "counts": [6]}, "expected a size"),
        ({"size": [2.0, 3], "counts": [6]}, "expected a size"),
        ({"size": [True, 3], "counts": [3]}, "expected a size"),
        ({"size": [0, 0], "counts": ""}, "expected a size"),
        ({"size": [2**20, 2**20], "counts": [2**40]}, "expected a size of at most"),
        ({"size": [2, 3], "counts": [1, 2]}, "expected counts that add up to 2x3 = 6, got 3"),
        ({"size": [2, 3], "counts": []}, "expected counts that add up"),
        ({"size": [2, 3], "counts": [7, -1]}, "not negative"),
        ({"size": [2, 3], "counts": [6.0]}, "whole numbers"),
        ({"size": [2, 3], "counts": ""}, "expected counts in COCO's letters"),
        ({"size": [2, 3], "counts": "\x00\x01"}, "expected counts in COCO's letters"),
        ({"size": [2, 3], "counts": "ü"}, "expected counts that add up"),
        ({"size": [2, 3], "counts": "6P"}, "counts that are cut off"),
        ({"size": [2, 3], "counts": "PPPPPPPP0"}, "at most 7 letters"),
        ({"size": [2, 3], "counts": 6}, "expected counts as a str or a list, got int"),
        ({"size": [2, 3], "counts": encode_rle(np.zeros((3, 3), bool))["counts"]}, "add up to 2x3 = 6, got 9"),
    ],
)
def test_what_is_no_rle(rle: Any, message: str) -> None:
    for read in (decode_rle, check_rle):
        with pytest.raises(VideoError, match=message):
            read(rle)


def test_the_size_without_decoding() -> None:
    assert [check_rle(encode_rle(mask)) for mask in masks()] == [mask.shape for mask in masks()]


def test_whether_there_is_a_pixel() -> None:
    for mask in masks():
        assert is_empty_rle(encode_rle(mask)) == (not mask.any())
    assert is_empty_rle({"size": [2, 2], "counts": [4]})
    assert is_empty_rle({"size": [2, 2], "counts": [2, 0, 2]})
    assert not is_empty_rle({"size": [2, 2], "counts": [0, 4]})


def test_letters_at_random_never_get_through_wrong() -> None:
    rng = np.random.default_rng(1)
    letters = list("01234NOPQ")  # small counts, negative steps, and counts of two letters: some add up to the size
    right = set()
    for _ in range(1000):
        counts = "".join(rng.choice(letters, rng.integers(1, 7)))
        try:
            mask = decode_rle({"size": [2, 2], "counts": counts})
        except VideoError:
            continue
        np.testing.assert_array_equal(coco.decode({"size": [2, 2], "counts": counts.encode()}), mask)
        right.add(counts)
    assert len(right) >= 10


@pytest.mark.parametrize("mask", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 2), bool), np.zeros((0, 2), bool)])
def test_what_is_no_mask(mask: np.ndarray) -> None:
    with pytest.raises(VideoError, match=r"expected a bool array of shape \(H, W\), got"):
        encode_rle(mask)
