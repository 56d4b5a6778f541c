"""Folders of predictions, as people hand them in."""

import numpy as np
import pytest
from PIL import Image

from refsam_hf.video.palette import palette_image


@pytest.fixture
def rows(make_row):
    """Two expressions of the clip of boxes, one of each of two annotators for each of two objects."""
    return [
        make_row("0", [1], annotator=0),
        make_row("1", [1], annotator=1),
        make_row("4", [2], annotator=0),
        make_row("5", [2], annotator=1),
    ]


@pytest.fixture
def write_pngs(tmp_path, rows, labels):
    """Writes <video>/<expression>/<frame>.png of the true masks below a folder, and gives the folder."""

    def write(*parts, white=255):
        folder = tmp_path.joinpath("pngs", *parts)
        for row in rows:
            own = folder / row["video_id"] / row["expression_id"]
            own.mkdir(parents=True)
            for name, mask in zip(row["frame_names"], labels == row["object_ids"][0], strict=True):
                Image.fromarray(mask.astype(np.uint8) * white).save(own / f"{name}.png")
        return tmp_path / "pngs"

    return write


@pytest.fixture
def write_label_maps(tmp_path, rows, labels):
    """Writes anno_<k>/<video>/<frame>.png."""

    def write(annotators=(0, 1)):
        for annotator in annotators:
            folder = tmp_path / "maps" / f"anno_{annotator}" / "boxes"
            folder.mkdir(parents=True)
            for name, frame in zip(rows[0]["frame_names"], labels, strict=True):
                palette_image(np.where(frame == 255, 0, frame).astype(np.uint8)).save(folder / f"{name}.png")
        return tmp_path / "maps"

    return write


@pytest.fixture
def assert_true(labels):
    """`assert_true(predictions, rows)`: they are the true masks of these rows, and of no others."""

    def check(predictions, rows):
        assert list(predictions) == [row["expression_id"] for row in rows]
        for row in rows:
            masks = predictions[row["expression_id"]].decode(row, *labels.shape[1:])
            np.testing.assert_array_equal(masks, labels == row["object_ids"][0])

    return check
