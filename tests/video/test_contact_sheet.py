"""The contact sheet."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from refsam_hf.video.contact_sheet import KEPT, TILES, ContactSheet, _columns


def write(path: Path, count: int) -> ContactSheet:
    """A sheet of so many frames of 120x240; frame i is as red as i."""
    with ContactSheet(path, ["a thing"]) as output:
        for index in range(count):
            frame = np.zeros((120, 240, 3), np.uint8)
            frame[..., 0] = index
            output.write(frame, np.zeros((1, 120, 240), bool), [0.5])
            assert len(output._tiles) <= KEPT
    return output


def shown(path: Path) -> list[int]:
    """The frames on a sheet, told by their red."""
    picture = np.asarray(Image.open(path).convert("RGB"))
    flat = (picture[..., 1] == 0) & (picture[..., 2] == 0)
    values, counts = np.unique(picture[..., 0][flat], return_counts=True)
    return values[counts > 10_000].tolist()


@pytest.mark.parametrize("count", [1, 2, 5, 12, 13, 30, 49, 100, 250])
def test_frames_are_evenly_spread(count: int, tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    write(path, count)
    frames = shown(path)
    assert len(frames) == min(count, TILES)
    assert frames[0] == 0
    gaps = np.diff(frames)
    if count > 1:
        assert gaps.max() <= 2 * gaps.min()
        assert count - 1 - frames[-1] < max(1, gaps.min())  # up to the last one


def test_it_has_a_legend_and_a_bearable_size(tmp_path: Path) -> None:
    write(tmp_path / "sheet.png", 40)
    with Image.open(tmp_path / "sheet.png") as image:
        assert 1000 < image.width < 2200
        assert image.height < 2200
        assert len(np.unique(np.asarray(image)[:25])) > 10  # letters


@pytest.mark.parametrize(("tiles", "height", "width"), [(12, 270, 480), (12, 480, 270), (7, 300, 300), (1, 8, 480)])
def test_the_grid_is_neither_a_row_nor_a_column(tiles: int, height: int, width: int) -> None:
    columns = _columns(tiles, height, width)
    rows = -(-tiles // columns)
    assert rows * columns - tiles < columns
    if tiles > 1:
        assert 0.6 < columns * width / (rows * height) < 3
