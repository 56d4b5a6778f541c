"""Shifted worlds: the same pixels for the same clip and seed, and nothing moved."""

import hashlib

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes import generate_clip
from refsam_hf.benchmarks.shapes.shifts import BLUR, SHIFTS, TINTS, shift_frames


@pytest.fixture(scope="module")
def frames():
    return generate_clip("train", 0, num_frames=2, size=(60, 80)).frames


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_shift_is_a_function_of_frames_and_seed(frames, shift):
    before = frames.copy()
    shifted = shift_frames(frames, [shift], seed=5)
    assert (shifted.shape, shifted.dtype) == (frames.shape, np.uint8)
    assert np.array_equal(frames, before)
    assert np.array_equal(shift_frames(frames, [shift], seed=5), shifted)
    assert not np.array_equal(shifted, frames)


def test_the_same_bytes_everywhere():
    frames = np.arange(2 * 4 * 6 * 3, dtype=np.uint8).reshape(2, 4, 6, 3)
    shifted = shift_frames(frames, ["palette", "night"], seed=1)
    assert hashlib.sha256(shifted.tobytes()).hexdigest()[:16] == "d8786fc80595e222"


def test_a_palette_is_one_for_each_clip(frames):
    white = np.full((1, 8, 8, 3), 255, dtype=np.uint8)
    found = {tuple(shift_frames(white, ["palette"], seed)[0, 0, 0].tolist()) for seed in range(20)}
    assert found == {tuple((tint * 255 + 0.5).astype(np.uint8).tolist()) for tint in TINTS}
    red = np.zeros_like(white)
    red[..., 0] = 255
    faded = shift_frames(red, ["palette"], 0)[0, 0, 0].astype(int)
    assert faded[0] > 2 * faded[1] > 0, "still red, and less so"


def test_night_is_dark_bluish_and_noisy(frames):
    gray = np.full((2, 40, 40, 3), 200, dtype=np.uint8)
    dark = shift_frames(gray, ["night"], 3).astype(float)
    means = dark.mean(axis=(0, 1, 2))
    assert means[0] < means[1] < means[2] < 200
    assert 3 < dark[0, ..., 0].std() < 7
    assert abs(np.corrcoef(dark[0].ravel(), dark[1].ravel())[0, 1] - 1) > 0.01, "another noise in every frame"


def test_blur_spreads_a_point_and_keeps_its_sum():
    point = np.zeros((1, 201, 201, 3), dtype=np.uint8)
    point[0, 90:111, 90:111] = 255
    spread = shift_frames(point, ["blur"], 0).astype(float)
    assert spread[0, 100, 89, 0] > 0
    assert spread.sum() == pytest.approx(point.sum(dtype=float), rel=0.01)
    profile = np.abs(np.diff(spread[0, 100, :100, 0]))  # of one edge: the Gaussian itself
    places = np.arange(len(profile))
    centre = (profile * places).sum() / profile.sum()
    assert ((profile * (places - centre) ** 2).sum() / profile.sum()) ** 0.5 == pytest.approx(BLUR * 201, rel=0.1)
    assert np.array_equal(shift_frames(np.full_like(point, 99), ["blur"], 0), np.full_like(point, 99))


def test_one_after_the_other(frames):
    both = shift_frames(frames, ["blur", "night"], 7)
    assert not np.array_equal(both, shift_frames(frames, ["night", "blur"], 7))
    with pytest.raises(ValueError, match="shifts: expected some of palette, night, blur, got 'fog'"):
        shift_frames(frames, ["blur", "fog"], 0)
