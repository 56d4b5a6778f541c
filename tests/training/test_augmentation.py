"""Augmentation: the mirrored words, the mirrored clip, colours that stay what they are called."""

import numpy as np
import pytest

from refsam_hf.training.augmentation import AugmentationConfig, augment_clip, jitter_frames, swap_left_right

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
