"""What is said of frames that cannot be used."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks.own_clips import check_clips
from refsam_hf.video.encoder import encode_frames

WriteClip = Callable[..., Path]
Findings = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def frames(clips: Path) -> Path:
    return clips / "walk" / "frames"


def test_a_frame_that_is_cut_off(frames: Path, pictures: np.ndarray, findings: Findings) -> None:
    rng = np.random.default_rng(0)
    (frames / "00001.png").unlink()
    Image.fromarray(rng.integers(0, 256, pictures[1].shape, dtype=np.uint8)).save(frames / "00001.jpg")
    whole = (frames / "00001.jpg").read_bytes()
    (frames / "00001.jpg").write_bytes(whole[:-20])
    ((where, what, mend),) = findings()
    assert where == "walk/frames/00001.jpg"
    assert what.startswith("expected an image that can be decoded, got OSError: image file is truncated")
    assert mend == "export it again, or copy it anew from where it came"


@pytest.mark.parametrize("content", [b"", b"no image at all"])
def test_a_frame_that_is_no_image(frames: Path, findings: Findings, content: bytes) -> None:
    (frames / "00002.png").write_bytes(content)
    ((where, what, _),) = findings()
    assert (where, what) == ("walk/frames/00002.png", "expected an image, got a file that is none")


def test_frames_of_other_sizes(frames: Path, findings: Findings) -> None:
    for name in ("00002", "00003"):
        Image.new("RGB", (24, 17)).save(frames / f"{name}.png")
    assert [(where, what) for where, what, _ in findings()] == [
        (
            "walk/frames/00002.png to 00003.png (2 files)",
            "expected 16x24 pixels (height x width) as the first frame, got 17x24",
        ),
        (
            "walk/masks/00002.png to 00003.png (2 files)",
            "expected 17x24 pixels (height x width) as its frame, got 16x24",
        ),
    ]


def test_frames_that_are_too_small(frames: Path, clips: Path, findings: Findings) -> None:
    for part in ("frames", "masks"):
        for path in (clips / "walk" / part).iterdir():
            Image.open(path).crop((0, 0, 24, 7)).save(path)
    where, what, _ = findings()[0]
    assert where == "walk/frames/00000.png to 00003.png (4 files)"
    assert what == "expected at least 8 pixels on each side (height x width), got 7x24"


def test_images_of_another_format(frames: Path, pictures: np.ndarray, findings: Findings) -> None:
    (frames / "00003.png").unlink()
    Image.fromarray(pictures[3]).save(frames / "00003.webp")
    ((where, what, mend),) = findings()  # and not that its mask has no frame
    assert (where, what) == ("walk/frames/00003.webp", "expected images that end in .jpg or .jpeg or .png, got .webp")
    assert mend.startswith("convert it")


def test_two_frames_of_one_name(frames: Path, pictures: np.ndarray, findings: Findings) -> None:
    Image.fromarray(pictures[3]).save(frames / "00003.jpg")
    ((where, what, mend),) = findings()
    assert where == "walk/frames/00003.png"
    assert (what, mend) == ("expected one image of each name, got '00003.jpg' too", "remove one")


def test_a_folder_named_as_a_frame(frames: Path, findings: Findings) -> None:
    (frames / "00004.png").mkdir()
    assert [(where, what) for where, what, _ in findings()] == [
        ("walk/frames/00004.png", "expected an image, got a folder of that name")
    ]


def test_no_frame(frames: Path, findings: Findings) -> None:
    for path in frames.iterdir():
        path.unlink()
    assert findings() == [
        ("walk/frames", "expected images that end in .jpg or .jpeg or .png, got none", "put the frames here")
    ]


def test_endings_in_capitals_are_taken(frames: Path, clips: Path) -> None:
    (frames / "00000.png").rename(frames / "00000.PNG")
    (clips / "walk" / "masks" / "00001.png").rename(clips / "walk" / "masks" / "00001.PNG")
    assert check_clips(clips).problems == ()


def test_a_damaged_video(write_clip: WriteClip, findings: Findings) -> None:
    path = write_clip("film", video=True) / "film.mp4"
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 8
    content[start + 700 :] = bytes(len(content) - start - 700)
    path.write_bytes(content)
    ((where, what, _),) = findings()  # and not that the masks behind the damage have no frame
    assert where == "film/film.mp4"
    assert what.startswith("expected a whole video, got one that is damaged after ")
    assert "partial" not in what


def test_a_video_that_says_to_be_longer(write_clip: WriteClip, pictures: np.ndarray, findings: Findings) -> None:
    folder = write_clip("film", video=True)
    (folder / "film.mp4").unlink()
    encode_frames(folder / "film.mkv", np.repeat(pictures, 20, axis=0), Fraction(10))
    content = (folder / "film.mkv").read_bytes()
    (folder / "film.mkv").write_bytes(content[: len(content) // 2])
    where, what, _ = findings()[0]
    assert where == "film/film.mkv"
    assert what.startswith("expected 8.00 s as its header says, got ")


def test_a_video_that_ends_before_its_masks(write_clip: WriteClip, pictures: np.ndarray, findings: Findings) -> None:
    folder = write_clip("film", video=True)
    encode_frames(folder / "film.mp4", pictures[:2], Fraction(10))
    ((where, what, mend),) = findings()
    assert where == "film/masks/00002.png to 00003.png (2 files)"
    assert what == "expected a frame of this name, got none; the frames are 00000 to 00001"
    assert "those of a video count from 00000" in mend


@pytest.mark.parametrize("content", [b"", b"no video at all"])
def test_what_is_no_video(write_clip: WriteClip, findings: Findings, content: bytes) -> None:
    path = write_clip("film", video=True) / "film.mp4"
    path.write_bytes(content)
    ((where, what, _),) = findings()
    assert where == "film/film.mp4"
    assert what.startswith("expected a video or an image, got ")
