"""Frames in memory: arrays, tensors, PIL images, lists, iterators."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from refsam_hf.video import VideoError, open_video

SOURCES: dict[str, Callable[[np.ndarray], Any]] = {
    "array": lambda clip: clip,
    "array (T, 3, H, W)": lambda clip: clip.transpose(0, 3, 1, 2),
    "float array": lambda clip: clip / 255,
    "half precision": lambda clip: (clip / 255).astype(np.float16),
    "tensor": torch.from_numpy,
    "tensor (T, 3, H, W)": lambda clip: torch.from_numpy(clip).permute(0, 3, 1, 2),
    "float tensor": lambda clip: (torch.from_numpy(clip) / 255).requires_grad_(),
    "list of arrays": list,
    "list of float tensors (3, H, W)": lambda clip: [torch.from_numpy(frame).permute(2, 0, 1) / 255 for frame in clip],
    "list of images": lambda clip: [Image.fromarray(frame) for frame in clip],
    "tuple": tuple,
    "mixed": lambda clip: [Image.fromarray(clip[0]), *clip[1:]],
    "generator of arrays": lambda clip: (frame for frame in clip),
    "generator of images": lambda clip: (Image.fromarray(frame) for frame in clip),
    "map": lambda clip: map(torch.from_numpy, clip),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind_of_frames(kind: str, clip: np.ndarray) -> None:
    video = open_video(SOURCES[kind](clip))
    frames = list(video)
    assert all(frame.dtype == np.uint8 and frame.flags.c_contiguous for frame in frames)
    np.testing.assert_array_equal(np.stack(frames), clip)
    assert video.fps is None
    if "generator" not in kind and kind != "map":
        assert video.length_hint == len(clip)
        np.testing.assert_array_equal(np.stack(list(video)), clip)  # and again


def test_bfloat16(clip: np.ndarray) -> None:
    frames = np.stack(list(open_video((torch.from_numpy(clip) / 255).to(torch.bfloat16))))
    assert np.abs(frames.astype(int) - clip).max() <= 1


def test_one_frame_is_a_clip(clip: np.ndarray) -> None:
    for source in (clip[0], Image.fromarray(clip[0]), torch.from_numpy(clip[0])):
        (frame,) = open_video(source)
        np.testing.assert_array_equal(frame, clip[0])


def test_an_image_in_memory_is_turned_as_its_exif_says(clip: np.ndarray) -> None:
    image = Image.fromarray(clip[0])
    image.getexif()[0x0112] = 6
    (frame,) = open_video([image])
    np.testing.assert_array_equal(frame, np.rot90(clip[0], -1))


def test_an_iterator_is_read_once(clip: np.ndarray) -> None:
    video = open_video(iter(clip))
    list(video)
    with pytest.raises(VideoError, match="can be read only once"):
        list(video)


def test_an_iterable_is_read_as_often_as_it_can_be(clip: np.ndarray) -> None:
    class Camera:
        def __iter__(self) -> Any:
            return iter(clip)

    video = open_video(Camera())
    assert len(list(video)) == len(list(video)) == len(clip)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (np.full((32, 48, 3), np.nan), r"frame 1: expected finite values in \[0, 1\], got NaN or infinity"),
        (np.full((32, 48, 3), np.inf, np.float32), r"frame 1: expected finite values"),
        (
            np.full((32, 48, 3), 200.0),
            r"frame 1: expected float values in \[0, 1\], got values from 200 to 200 .*uint8",
        ),
        (np.full((32, 48, 3), -0.5), r"frame 1: expected float values in \[0, 1\]"),
        (torch.full((3, 32, 48), torch.nan), r"frame 1: expected finite values"),
        (np.zeros((32, 48, 3), np.int64), r"frame 1: expected uint8 in \[0, 255\] or float in \[0, 1\], got int64"),
        (np.zeros((32, 48, 3), np.uint16), r"frame 1: .* got uint16"),
        (np.zeros((32, 48, 4), np.uint8), r"frame 1: expected an RGB frame of shape .* got \(32, 48, 4\)"),
        (np.zeros((32, 48), np.uint8), r"frame 1: expected an RGB frame of shape .* got \(32, 48\)"),
        ("frame.png", r"frame 1: expected a PIL image or an array \(H, W, 3\), got str"),
        (None, r"frame 1: .* got NoneType"),
    ],
)
def test_bad_frames(frame: Any, message: str, clip: np.ndarray) -> None:
    frames = iter(open_video([clip[0], frame, clip[2]]))
    next(frames)  # the one before is good, and is given
    with pytest.raises(VideoError, match=message):
        next(frames)


def test_values_a_rounding_error_outside_are_taken() -> None:
    (frame,) = open_video([np.full((8, 8, 3), 1 + 1e-7)])
    assert (frame == 255).all()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "expected at least one frame, got an empty list"),
        (np.zeros((0, 32, 48, 3), np.uint8), "expected at least one frame, got an empty ndarray"),
        (torch.zeros((0, 3, 32, 48)), "expected at least one frame"),
        (np.zeros((2, 2, 32, 48, 3), np.uint8), r"expected an array of shape \(T, H, W, 3\), got \(2, 2, 32, 48, 3\)"),
        (np.zeros((32, 48), np.uint8), r"expected an array of shape \(T, H, W, 3\), got \(32, 48\)"),
        (7, "expected a path, a URL, a PIL image, an array, or a list or iterator of frames, got int"),
        (None, "got NoneType"),
    ],
)
def test_bad_sources(source: Any, message: str) -> None:
    with pytest.raises(VideoError, match=message):
        open_video(source)


def test_an_iterator_of_nothing() -> None:
    with pytest.raises(VideoError, match="frames: expected at least one frame, got none"):
        list(open_video(iter([])))
