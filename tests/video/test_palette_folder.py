"""A folder of label maps."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from refsam_hf.video import VideoError
from refsam_hf.video.palette_folder import PaletteFolder


def test_one_label_map_a_frame(tmp_path: Path) -> None:
    masks = np.zeros((2, 32, 48), bool)
    masks[0, :20], masks[1, 10:] = True, True
    with PaletteFolder(tmp_path / "masks", ["a", "b"]) as output:
        for scores in ([0.9, 0.1], [0.1, 0.9]):
            output.write(np.zeros((32, 48, 3), np.uint8), masks, scores)
    assert sorted(path.name for path in (tmp_path / "masks").iterdir()) == ["00000.png", "00001.png"]
    for index, last_row_of_the_first in ((0, 19), (1, 9)):
        with Image.open(tmp_path / "masks" / f"{index:05d}.png") as image:
            labels = np.asarray(image)
            assert image.mode == "P"
        assert (labels[: last_row_of_the_first + 1] == 1).all()
        assert (labels[last_row_of_the_first + 1 :] == 2).all()


def test_more_expressions_than_labels(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="masks: expected at most 254 expressions in one label map, got 255"):
        PaletteFolder(tmp_path / "masks", ["x"] * 255)
    assert list(tmp_path.iterdir()) == []
