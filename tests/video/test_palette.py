"""Label maps and their palette."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from refsam_hf.video import VideoError
from refsam_hf.video.palette import label_map, palette_image, voc_palette

TWO = np.array([[[1, 1, 0, 0]], [[0, 1, 1, 0]]], bool)  # (2, 1, 4), one pixel in both


def test_first_colours_are_those_of_davis() -> None:
    palette = voc_palette()
    expected = [
        (0, 0, 0),
        (128, 0, 0),
        (0, 128, 0),
        (128, 128, 0),
        (0, 0, 128),
        (128, 0, 128),
        (0, 128, 128),
        (128, 128, 128),
        (64, 0, 0),
        (192, 0, 0),
    ]
    assert [tuple(colour) for colour in palette[:10].tolist()] == expected
    assert tuple(palette[255].tolist()) == (224, 224, 192)
    assert len(np.unique(palette, axis=0)) == 256


def test_the_better_score_wins_where_masks_overlap() -> None:
    np.testing.assert_array_equal(label_map(TWO, np.array([0.2, 0.9])), [[1, 2, 2, 0]])
    np.testing.assert_array_equal(label_map(TWO, np.array([0.9, 0.2])), [[1, 1, 2, 0]])


def test_the_first_wins_without_a_better_score() -> None:
    for scores in (None, np.array([0.5, 0.5])):
        np.testing.assert_array_equal(label_map(TWO, scores), [[1, 1, 2, 0]])


def test_too_many_objects() -> None:
    with pytest.raises(VideoError, match="expected at most 254 masks, got 255"):
        label_map(np.zeros((255, 1, 1), bool))


def test_an_image_keeps_labels_and_colours(tmp_path: Path) -> None:
    labels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    palette_image(labels).save(tmp_path / "labels.png")
    with Image.open(tmp_path / "labels.png") as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), labels)
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), voc_palette()[labels])


def test_what_is_no_label_map() -> None:
    with pytest.raises(VideoError, match="expected uint8 of shape"):
        palette_image(np.zeros((3, 4), np.int64))
