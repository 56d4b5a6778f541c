"""What is said of masks that cannot be used."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks.own_clips import check_clips
from refsam_hf.video.palette import palette_image

Findings = Callable[[], list[tuple[str, str, str]]]
EXPORT = "export it again as a palette PNG (mode P) whose pixel values are the numbers of the objects"


@pytest.fixture
def masks(clips: Path) -> Path:
    return clips / "walk" / "masks"


def _save_gray(masks: Path, labels: np.ndarray) -> None:
    for t, frame in enumerate(labels):
        Image.fromarray(frame).save(masks / f"{t:05d}.png")


def test_a_mask_of_another_size(masks: Path, labels: np.ndarray, findings: Findings) -> None:
    palette_image(labels[1].T.copy()).save(masks / "00001.png")
    ((where, what, mend),) = findings()
    assert (where, what) == ("walk/masks/00001.png", "expected 16x24 pixels (height x width) as its frame, got 24x16")
    assert mend == "save it at its frame's size, resized without smoothing (nearest neighbour)"


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "I;16"])
def test_a_mask_of_colours(masks: Path, labels: np.ndarray, findings: Findings, mode: str) -> None:
    Image.fromarray(labels[1]).convert(mode).save(masks / "00001.png")
    ((where, what, mend),) = findings()
    assert (where, mend) == ("walk/masks/00001.png", EXPORT)
    assert what == f"expected a palette image (mode P) or a gray one (L), got one of mode {mode}"


def test_a_mask_that_is_cut_off(masks: Path, findings: Findings) -> None:
    (masks / "00001.png").write_bytes((masks / "00001.png").read_bytes()[:-25])
    ((where, what, mend),) = findings()
    assert (where, mend) == ("walk/masks/00001.png", EXPORT)
    assert what.startswith("expected an image that can be decoded, got ")


def test_a_mask_that_is_no_png(masks: Path, findings: Findings) -> None:
    Image.new("L", (24, 16)).save(masks / "00001.png", format="JPEG")
    (masks / "00002.png").write_bytes(b"no image")
    assert [(where, what) for where, what, _ in findings()] == [
        ("walk/masks/00001.png", "expected a PNG, got JPEG"),
        ("walk/masks/00002.png", "expected a PNG, got a file that is no image"),
    ]


def test_masks_of_another_format(masks: Path, findings: Findings) -> None:
    (masks / "00001.png").unlink()
    Image.new("L", (24, 16)).save(masks / "00001.jpg")
    assert [(where, what) for where, what, _ in findings()] == [
        ("walk/masks/00001.jpg", "expected images that end in .png, got .jpg"),
        ("walk/masks/00001.png", "expected a mask for this frame, got none"),
    ]


def test_frames_without_masks_and_masks_without_frames(masks: Path, findings: Findings) -> None:
    for name in ("00000", "00001"):
        (masks / f"{name}.png").rename(masks / f"mask_{name}.png")
    assert findings() == [
        (
            "walk/masks/00000.png to 00001.png (2 files)",
            "expected a mask for this frame, got none",
            "add it: 0 where no object is seen, 255 where you do not know",
        ),
        (
            "walk/masks/mask_00000.png to mask_00001.png (2 files)",
            "expected a frame of this name, got none; the frames are 00000 to 00003",
            "rename it as its frame (those of a video count from 00000), add the frame, or remove the mask",
        ),
    ]


def test_gray_masks_of_objects_are_taken(masks: Path, labels: np.ndarray, clips: Path) -> None:
    _save_gray(masks, labels)
    assert check_clips(clips).problems == ()


def test_one_bit_masks_show_object_1(masks: Path, labels: np.ndarray, clips: Path) -> None:
    for t, frame in enumerate(labels == 1):
        Image.fromarray(frame).save(masks / f"{t:05d}.png")
    (clips / "walk" / "expressions.json").write_text('[{"text": "the left one"}]')
    (clip,) = check_clips(clips).clips
    assert clip.expressions[0].object_ids == (1,)


def test_black_and_white_masks(masks: Path, labels: np.ndarray, findings: Findings) -> None:
    white = np.where(labels == 2, 255, 0).astype(np.uint8)  # from frame 2 on
    _save_gray(masks, white)
    ((where, what, mend),) = findings()  # and not that objects 1 and 2 never occur
    assert where == "walk/masks/00002.png to 00003.png (2 files)"
    assert what == "expected the numbers of objects, got black and white; 255 says that a pixel does not count"
    assert mend.startswith("write 1 in the place of 255")


def test_gray_masks_of_brightness(masks: Path, labels: np.ndarray, findings: Findings) -> None:
    labels[1, 10, :8] = range(90, 98)
    labels[2, 10, 0] = 3
    _save_gray(masks, labels)
    assert [(where, what) for where, what, _ in findings()] == [
        (
            "walk/masks/00001.png to 00002.png (2 files)",
            "expected a gray mask to hold 0, 255 and objects that expressions name, got 3, 90, 91, 92, 93 and 4 more",
        )
    ]


def test_a_palette_may_show_objects_of_which_nothing_is_said(masks: Path, labels: np.ndarray, clips: Path) -> None:
    labels[2, 10, 0] = 3
    palette_image(labels[2]).save(masks / "00002.png")
    (clip,) = check_clips(clips).clips
    assert clip.seen[3] == {"00002"}


def test_void_is_no_object(masks: Path, clips: Path, findings: Findings) -> None:
    for path in masks.iterdir():
        palette_image(np.full((16, 24), 255, np.uint8)).save(path)
    (clips / "walk" / "expressions.json").write_text('[{"text": "a", "object_ids": [1]}]')
    assert [what for _, what, _ in findings()] == [
        "expression 0 ('a'): expected an object of the masks, got 1; they show none"
    ]
