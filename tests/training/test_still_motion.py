"""Still images that move: frames and masks together, evenly, around the image as it is."""

import numpy as np

from refsam_hf.training.augmentation import AugmentationConfig
from refsam_hf.training.losses import IGNORE_INDEX
from refsam_hf.training.still_motion import moving_clip

NOTHING = {"still_shift": 0.0, "still_rotation": 0.0, "still_zoom": 0.0, "still_shear": 0.0}


def still():
    """A bright square of 10 x 20 pixels around (20, 30) on dark ground, 40 x 80, and its mask."""
    image = np.full((40, 80, 3), 20, np.uint8)
    mask = np.zeros((1, 40, 80), np.uint8)
    image[15:25, 20:40], mask[0, 15:25, 20:40] = 220, 1
    return image, mask


def move(seed=0, num_frames=3, **options):
    image, mask = still()
    config = AugmentationConfig(**{**NOTHING, **options})
    return moving_clip(image, mask, num_frames, config, np.random.default_rng(seed))


def centre(labels):
    return np.argwhere(labels == 1).mean(axis=0)


def test_masks_move_as_their_frames_do():
    for seed in range(10):
        frames, labels = move(seed, still_shift=0.1, still_rotation=10, still_zoom=0.2, still_shear=5)
        assert frames.shape == (3, 40, 80, 3)
        assert labels.shape == (1, 3, 40, 80)
        assert frames.dtype == labels.dtype == np.uint8
        bright = frames[..., 0] > 120
        wrong = (bright != (labels[0] == 1)) & (labels[0] != IGNORE_INDEX)
        assert wrong.sum() < 0.1 * bright.sum(), "but for the border, which is blurred in the frames"
        middle = labels[0, 1] == 1
        assert np.array_equal(middle, still()[1][0] == 1), "as it is, in the middle of the way"
        assert not np.array_equal(labels[0, 0], labels[0, 2])


def test_a_shift_is_even_and_as_far_as_was_said():
    distances = []
    for seed in range(20):
        _, labels = move(seed, num_frames=5, still_shift=0.1)
        centres = np.array([centre(frame) for frame in labels[0]])
        steps = np.diff(centres, axis=0)
        assert np.abs(steps - steps.mean(axis=0)).max() < 1.01, "to a pixel"
        distances.append(np.abs(centres[-1] - centres[0]))
    assert np.max(distances, axis=0)[0] <= 0.1 * 40 + 1
    assert 4 < np.max(distances, axis=0)[1] <= 0.1 * 80 + 1


def test_a_turn_keeps_sizes_and_angles_in_a_wide_image():
    square = np.zeros((1, 40, 80), np.uint8)
    square[0, 13:27, 33:47] = 1
    config = AugmentationConfig(**{**NOTHING, "still_rotation": 90})
    _, labels = moving_clip(np.zeros((40, 80, 3), np.uint8), square, 2, config, np.random.default_rng(1))
    for frame in labels[0]:
        spread = np.linalg.eigvalsh(np.cov(np.argwhere(frame == 1).T))
        assert np.allclose(spread, 14**2 / 12, rtol=0.1), "still a square, though the image is twice as wide"
    assert not np.array_equal(labels[0, 0], square[0]), "it is turned"


def test_a_zoom_grows_or_shrinks():
    areas = [[(frame == 1).sum() for frame in move(seed, still_zoom=0.5)[1][0]] for seed in range(10)]
    assert all(a <= b <= c or a >= b >= c for a, b, c in areas)
    assert {np.sign(c - a) for a, _, c in areas if abs(c - a) > 20} == {-1, 1}


def test_what_comes_in_from_outside_does_not_count():
    frames, labels = move(3, num_frames=2, still_shift=0.9)
    outside = labels[0] == IGNORE_INDEX
    assert outside.any(axis=(1, 2)).all()
    mean = still()[0].mean()
    inner = outside[:, 1:-1, 1:-1] & outside[:, :-2, 1:-1] & outside[:, 2:, 1:-1] & outside[:, 1:-1, 2:]
    inner &= outside[:, 1:-1, :-2]
    assert np.abs(frames[:, 1:-1, 1:-1][inner].astype(float) - mean).max() <= 1


def test_nothing_asked_nothing_moves():
    frames, labels = move()
    image, mask = still()
    assert np.abs(frames.astype(int) - image).max() <= 1
    assert np.array_equal(labels, mask[:, None].repeat(3, axis=1))
