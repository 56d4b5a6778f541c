"""Augmentation: the mirrored words, the mirrored clip, colours that stay what they are called."""

import numpy as np
import pytest

from refsam_hf.training.augmentation import (
    AugmentationConfig,
    augment_clip,
    crop_clip,
    jitter_frames,
    shrink_clip,
    swap_left_right,
)
from refsam_hf.training.losses import IGNORE_INDEX

STILL = AugmentationConfig(flip=0.0, brightness=0.0, contrast=0.0, saturation=0.0, noise=0.0, blur=0.0)


@pytest.mark.parametrize(
    ("text", "mirrored"),
    [
        ("the bright red car on the left", "the bright red car on the right"),
        ("the man to the right of the left door", "the man to the left of the right door"),
        ("the leftmost circle", "the rightmost circle"),
        ("moving leftwards", "moving rightwards"),
        ("moving rightward", "moving leftward"),
        ("on the leftside", "on the rightside"),
        ("the left-hand ring", "the right-hand ring"),
        ("Left, then RIGHT", "Right, then LEFT"),
        ("the upright star that is leftover, brightly", "the upright star that is leftover, brightly"),
        ("the right-angled triangle", "the right-angled triangle"),
    ],
)
def test_swapped_words(text, mirrored):
    assert swap_left_right(text) == mirrored
    assert swap_left_right(mirrored) == text


def clip():
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (2, 6, 8, 3), dtype=np.uint8)
    masks = rng.random((3, 2, 6, 8)) < 0.5
    return frames, masks, ["the left one", "the red one", "the right one"]


def test_a_flip_mirrors_frames_masks_and_words_together():
    frames, masks, texts = clip()
    always = AugmentationConfig(flip=1.0, brightness=0.0, contrast=0.0, saturation=0.0, noise=0.0, blur=0.0)
    flipped = augment_clip(frames, masks, texts, always, np.random.default_rng(0))
    assert np.abs(flipped[0].astype(int) - frames[:, :, ::-1]).max() <= 1
    assert np.array_equal(flipped[1], masks[..., ::-1])
    assert flipped[2] == ["the right one", "the red one", "the left one"]
    assert flipped[0].dtype == np.uint8
    assert flipped[1].dtype == np.bool_


def test_nothing_asked_nothing_changed():
    frames, masks, texts = clip()
    same = augment_clip(frames, masks, texts, STILL, np.random.default_rng(0))
    assert np.abs(same[0].astype(int) - frames).max() <= 1
    assert np.array_equal(same[1], masks)
    assert same[2] == texts


def test_the_generator_decides_everything():
    frames, masks, texts = clip()
    config = AugmentationConfig()
    first, again, other = (augment_clip(frames, masks, texts, config, np.random.default_rng(s)) for s in (3, 3, 4))
    assert np.array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("seed", range(20))
def test_a_colour_keeps_its_name(seed):
    """The nearest of the named colours is still the same one, whatever the light."""
    names = np.array(
        [[220, 40, 40], [40, 170, 60], [50, 80, 220], [240, 220, 50], [245, 245, 245], [240, 140, 30], [140, 60, 190]]
    )
    frames = names.astype(np.uint8)[:, None, None].repeat(4, axis=1).repeat(4, axis=2)
    changed = jitter_frames(frames, AugmentationConfig(), np.random.default_rng(seed)).mean(axis=(1, 2))
    hue = changed - changed.mean(axis=1, keepdims=True)
    expected = names - names.mean(axis=1, keepdims=True)
    for name in (0, 1, 2, 3, 5, 6):
        cosine = hue[name] @ expected[name] / np.linalg.norm(hue[name]) / np.linalg.norm(expected[name])
        assert cosine > 0.9
    assert np.abs(hue[4]).max() < 10


def test_blur_and_noise_do_what_they_say():
    frames = np.zeros((1, 5, 5, 3), dtype=np.uint8)
    frames[0, 2, 2] = 160
    blurred = jitter_frames(frames, AugmentationConfig(0.0, 0.0, 0.0, 0.0, 0.0, blur=1.0), np.random.default_rng(0))
    assert blurred[0, 1:4, 1:4, 0].tolist() == [[10, 20, 10], [20, 40, 20], [10, 20, 10]]
    grey = np.full((1, 64, 64, 3), 128, dtype=np.uint8)
    noisy = jitter_frames(grey, AugmentationConfig(0.0, 0.0, 0.0, 0.0, 0.1, blur=0.0), np.random.default_rng(1))
    assert 0 < noisy.std() < 0.11 * 255


def marked_clip():
    """Every pixel of a frame has a colour of its own; object 0 is a pixel near the corner, object 1 is never seen."""
    rows, columns = np.mgrid[:20, :30]
    frames = np.stack([rows, columns, 100 + 0 * rows], axis=-1).astype(np.uint8)[None].repeat(2, axis=0)
    masks = np.zeros((2, 2, 20, 30), dtype=np.uint8)
    masks[0, 1, 2, 3] = 1
    masks[:, :, 10] = IGNORE_INDEX
    return frames, masks


def test_a_window_shows_the_same_part_of_frames_and_masks_and_every_object():
    frames, masks = marked_clip()
    sizes = set()
    for seed in range(30):
        window, cut = crop_clip(frames, masks, 0.5, np.random.default_rng(seed))
        height, width = window.shape[1:3]
        sizes.add((height, width))
        assert 10 <= height <= 20
        assert 15 <= width <= 30
        top, left = window[0, 0, 0, :2]
        assert np.array_equal(window, frames[:, top : top + height, left : left + width])
        assert np.array_equal(cut, masks[:, :, top : top + height, left : left + width])
        assert (cut[0, 1] == 1).sum() == 1, "the object is still there"
    assert len(sizes) > 15


def test_where_no_window_shows_every_object_the_clip_stays_whole():
    frames, masks = marked_clip()
    masks[1, 0, -1, -1] = 1  # far from the other one
    for seed in range(20):
        _, cut = crop_clip(frames, masks, 0.02, np.random.default_rng(seed))
        assert ((cut == 1).any(axis=(1, 2, 3))).all()
    kept = [crop_clip(frames, masks, 0.02, np.random.default_rng(s))[0].shape == frames.shape for s in range(20)]
    assert any(kept)


def test_a_clip_that_is_seen_smaller_has_a_border_that_does_not_count():
    frames, masks = marked_clip()
    larger, labels = shrink_clip(frames, masks > 0, 0.5)
    assert larger.shape == (2, 40, 60, 3)
    assert np.array_equal(larger[:, :20, :30], frames)
    assert np.array_equal(labels[..., :20, :30], masks > 0)
    assert (labels[..., 20:, :] == IGNORE_INDEX).all()
    assert (labels[..., 30:] == IGNORE_INDEX).all()
    assert larger[0, 30, 40].tolist() == [124, 116, 104]


def test_window_and_scale_are_drawn_by_their_probabilities():
    frames, masks = marked_clip()
    both = AugmentationConfig(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, crop=0.5, crop_size=0.7, resize=0.5, resize_scale=0.5)
    shapes = [augment_clip(frames, masks, [], both, np.random.default_rng(seed))[0].shape[1] for seed in range(60)]
    assert sum(height > 20 for height in shapes) > 8
    assert sum(height < 20 for height in shapes) > 8
    assert sum(height == 20 for height in shapes) > 8
    assert max(shapes) <= 40


def test_what_is_off_asks_chance_for_nothing():
    """A training of an older version is drawn again as it was."""
    frames, masks, texts = clip()
    rng = np.random.default_rng(5)
    augmented = augment_clip(frames, masks, texts, AugmentationConfig(), rng)
    again = np.random.default_rng(5)
    flipped = again.random() < 0.5
    expected = jitter_frames(frames[:, :, ::-1] if flipped else frames, AugmentationConfig(), again)
    assert np.array_equal(augmented[0], expected)
