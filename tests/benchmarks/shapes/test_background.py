from dataclasses import replace

import numpy as np
import pytest

from refsam_hf.benchmarks.shapes.background import Background, draw_background, sample_background
from refsam_hf.benchmarks.shapes.config import SceneConfig
from refsam_hf.benchmarks.shapes.draws import Draws
from refsam_hf.benchmarks.shapes.vocabulary import BACKGROUNDS

PLAIN = Background("plain", (40, 50, 60), (140, 90, 60), 0.0, 0.2, 0.0, False, 0.0, 5)


@pytest.mark.parametrize("kind", BACKGROUNDS)
@pytest.mark.parametrize("size", [(40, 60), (60, 40), (38, 700)])
def test_every_kind_fills_frames_of_any_size(kind: str, size: tuple[int, int]) -> None:
    canvas = draw_background(replace(PLAIN, kind=kind, noise=20.0), size)
    assert canvas.shape == (*size, 3)
    assert canvas.dtype == np.float32
    assert canvas.min() >= 0
    assert canvas.max() <= 255


def test_plain_is_one_colour() -> None:
    assert (draw_background(PLAIN, (4, 5)) == (40, 50, 60)).all()


@pytest.mark.parametrize("kind", ["gradient", "striped", "blobby"])
def test_two_colours_meet(kind: str) -> None:
    red = draw_background(replace(PLAIN, kind=kind), (80, 120))[:, :, 0]
    assert red.min() < 45
    assert red.max() > 135


def test_a_gradient_runs_along_its_angle() -> None:
    red = draw_background(replace(PLAIN, kind="gradient"), (20, 30))[:, :, 0]
    assert (np.diff(red, axis=1) > 0).all()
    assert (np.diff(red, axis=0) == 0).all()


def test_noise_is_grey_or_coloured_and_grained() -> None:
    grey = draw_background(replace(PLAIN, noise=30.0), (40, 60)) - (40, 50, 60)
    assert np.allclose(grey[..., 0], grey[..., 2], atol=1e-4)
    assert 25 < np.abs(grey).max() <= 30
    coloured = draw_background(replace(PLAIN, noise=30.0, coloured_noise=True), (40, 60)) - (40, 50, 60)
    assert not np.allclose(coloured[..., 0], coloured[..., 2], atol=1e-4)
    coarse = draw_background(replace(PLAIN, noise=30.0, grain=0.1), (41, 61))
    assert (coarse[0:4, 0:4] == coarse[0, 0]).all()
    assert (coarse[0, 3] != coarse[0, 4]).any()


def test_sampled_colours_are_muted_and_all_kinds_occur() -> None:
    sampled = [sample_background(Draws("background", number), SceneConfig()) for number in range(100)]
    assert {background.kind for background in sampled} == set(BACKGROUNDS)
    for background in sampled:
        for colour in (background.first, background.second):
            assert max(colour) <= 200
            assert max(colour) - min(colour) <= 91
