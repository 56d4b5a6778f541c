"""A folder of clips that a test spoils, and what is then said of it."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks.own_clips import check_clips
from refsam_hf.video.encoder import encode_frames
from refsam_hf.video.palette import palette_image

FRAMES, HEIGHT, WIDTH = 4, 16, 24
EXPRESSIONS = [{"text": "the left one", "object_ids": [1]}, {"text": "the late one", "object_ids": [2]}]

WriteClip = Callable[..., Path]
Findings = list[tuple[str, str, str]]


def _pictures() -> np.ndarray:
    """uint8 (T, H, W, 3): frame t has the value 40 * t at the left, and 200 at the right."""
    pictures = np.full((FRAMES, HEIGHT, WIDTH, 3), 200, np.uint8)
    pictures[:, :, : WIDTH // 2] = 40 * np.arange(FRAMES, dtype=np.uint8)[:, None, None, None]
    return pictures


def _labels() -> np.ndarray:
    """uint8 (T, H, W): object 1 at the left in every frame, object 2 in the last two, void in a corner."""
    labels = np.zeros((FRAMES, HEIGHT, WIDTH), np.uint8)
    labels[:, 2:6, :4] = 1
    labels[2:, 8:12, 10:20] = 2
    labels[:, 0, 0] = 255
    return labels


def _write_clip(root: Path, name: str, *, video: bool = False, expressions: Any = EXPRESSIONS) -> Path:
    folder = root / name
    (folder / "masks").mkdir(parents=True)
    if video:
        encode_frames(folder / f"{name}.mp4", _pictures(), Fraction(10))
    else:
        (folder / "frames").mkdir()
        for t, picture in enumerate(_pictures()):
            Image.fromarray(picture).save(folder / "frames" / f"{t:05d}.png")
    for t, labels in enumerate(_labels()):
        palette_image(labels).save(folder / "masks" / f"{t:05d}.png")
    (folder / "expressions.json").write_text(json.dumps(expressions))
    return folder


@pytest.fixture
def pictures() -> np.ndarray:
    return _pictures()


@pytest.fixture
def labels() -> np.ndarray:
    return _labels()


@pytest.fixture
def write_clip(tmp_path: Path) -> WriteClip:
    """`write_clip(name, video=False, expressions=...)` writes a sound clip into `clips/` and gives its folder."""
    return lambda name="walk", **options: _write_clip(tmp_path / "clips", name, **options)


@pytest.fixture
def clips(tmp_path: Path, write_clip: WriteClip) -> Path:
    """The folder of clips, with one sound clip of frames in it, "walk"."""
    write_clip()
    return tmp_path / "clips"


@pytest.fixture
def findings(tmp_path: Path) -> Callable[[], Findings]:
    """The problems of the folder of clips: where, what, and how to mend it."""
    return lambda: [
        (problem.where, problem.what, problem.mend) for problem in check_clips(tmp_path / "clips").problems
    ]
