import numpy as np
import pytest

from refsam_hf.benchmarks.shapes.geometry import AREA, DISTANCES, PATTERNS, REACH
from refsam_hf.benchmarks.shapes.vocabulary import SHAPES, TEXTURES

RADIUS = 240.0  # pixels: large, so that counting them measures an area
HALF = 400


def _grid() -> tuple[np.ndarray, np.ndarray]:
    axis = np.arange(-HALF, HALF, dtype=np.float32) + 0.5
    return axis[None, :] + 0 * axis[:, None], axis[:, None] + 0 * axis[None, :]


def _inside(shape: str) -> np.ndarray:
    return DISTANCES[shape](*_grid(), RADIUS) < 0


def test_every_shape_is_described_whole() -> None:
    assert set(SHAPES) == DISTANCES.keys() == REACH.keys() == AREA.keys()
    assert {"plain", *PATTERNS} == set(TEXTURES)


@pytest.mark.parametrize("shape", SHAPES)
def test_area_and_reach_are_those_of_the_picture(shape: str) -> None:
    inside = _inside(shape)
    assert inside.sum() == pytest.approx(AREA[shape] * RADIUS**2, rel=0.01)
    u, v = _grid()
    furthest = np.sqrt(u * u + v * v)[inside].max()
    assert furthest == pytest.approx(REACH[shape] * RADIUS, rel=0.04)
    assert furthest <= REACH[shape] * RADIUS


@pytest.mark.parametrize("shape", SHAPES)
def test_the_distance_grows_by_one_a_pixel_at_a_side(shape: str) -> None:
    distance = DISTANCES[shape](*_grid(), RADIUS)
    down, right = np.gradient(distance)
    slope = np.sqrt(down * down + right * right)[np.abs(distance) < 1]
    assert np.median(slope) == pytest.approx(1.0, abs=0.01)


def test_a_ring_is_open_and_the_others_are_not() -> None:
    assert [shape for shape in SHAPES if not _inside(shape)[HALF, HALF]] == ["ring"]


def test_triangle_and_star_stand_upright() -> None:
    for shape in ("triangle", "star"):
        rows = np.nonzero(_inside(shape).any(axis=1))[0]
        top, bottom = _inside(shape)[rows[0] + 2].sum(), _inside(shape)[rows[-1] - 2].sum()
        assert top < bottom
    star = _inside("star")
    # On the circle half-way between the points' tips and its inner corners, five points are crossed.
    angles = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    on_circle = star[(HALF + 200 * np.sin(angles)).astype(int), (HALF + 200 * np.cos(angles)).astype(int)]
    assert (np.diff(on_circle.astype(int)) == 1).sum() == 5


@pytest.mark.parametrize("texture", PATTERNS)
def test_the_first_tone_of_a_texture_leads(texture: str) -> None:
    tone = PATTERNS[texture](*_grid(), RADIUS, 960, 0.0)
    assert tone.min() == 0
    assert tone.max() == 1
    assert 0.2 < tone.mean() < 0.5


def test_stripes_run_along_their_angle() -> None:
    tone = PATTERNS["striped"](*_grid(), RADIUS, 960, 0.0)
    assert (tone == tone[:1]).all()
    assert (tone[0] != tone[0, 0]).any()
