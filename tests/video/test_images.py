"""Still images, animations and folders of images."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from refsam_hf.video import VideoError, VideoWarning, open_video
from refsam_hf.video.image_files import read_label_map, read_size, read_still
from refsam_hf.video.palette import palette_image


def read(path: Path) -> np.ndarray:
    """The frames of a path, (T, H, W, 3)."""
    return np.stack(list(open_video(path)))


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.ppm", "a.webp", "a.jpg", "a.gif", "no_suffix"])
def test_still_image(name: str, tmp_path: Path, clip: np.ndarray) -> None:
    special: dict[str, dict[str, Any]] = {"a.webp": {"lossless": True}, "no_suffix": {"format": "PNG"}}
    settings = special.get(name, {})
    Image.fromarray(clip[0]).save(tmp_path / name, **settings)
    frames = read(tmp_path / name)
    assert frames.shape == (1, *clip.shape[1:])
    assert np.abs(frames[0].astype(int) - clip[0]).mean() < (10 if name in ("a.jpg", "a.gif") else 0.01)
    assert open_video(tmp_path / name).fps is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_obeyed(orientation: int, tmp_path: Path, clip: np.ndarray) -> None:
    """The eight ways in which a camera can be held: what is stored, from what is to be seen (EXIF 2.3, 4.6.4)."""
    upright = clip[0]
    turned = np.rot90(upright, -1)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: turned,
    }[orientation]
    image = Image.fromarray(np.ascontiguousarray(stored))
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(tmp_path / "photo.png", exif=exif)
    np.testing.assert_array_equal(read(tmp_path / "photo.png")[0], upright)


def test_modes_become_rgb(tmp_path: Path, clip: np.ndarray) -> None:
    image = Image.fromarray(clip[0])
    gray = np.asarray(image.convert("L"))
    images = {
        "gray.png": (Image.fromarray(gray), gray[..., None].repeat(3, -1)),
        "alpha.png": (Image.merge("RGBA", [*image.split(), Image.fromarray(gray)]), clip[0]),
        "palette.png": (image.quantize(64), np.asarray(image.quantize(64).convert("RGB"))),
        "gray16.png": (Image.fromarray(gray.astype(np.uint16) * 257), gray[..., None].repeat(3, -1)),
        "gray16.tif": (Image.fromarray(gray.astype(np.uint16) * 257), gray[..., None].repeat(3, -1)),
        "bits.png": (image.convert("1"), np.asarray(image.convert("1").convert("RGB"))),
        "float.tif": (Image.fromarray(gray.astype(np.float32) / 255), gray[..., None].repeat(3, -1)),
    }
    for name, (picture, expected) in images.items():
        picture.save(tmp_path / name)
        np.testing.assert_array_equal(read(tmp_path / name)[0], expected, err_msg=name)


def test_gray_of_an_unknown_range(tmp_path: Path) -> None:
    Image.fromarray(np.full((16, 16), 300.0, np.float32)).save(tmp_path / "depth.tif")
    with pytest.raises(VideoError, match=r"depth.tif: expected gray values in \[0, 1\] .* mode F, got .* 300 to 300"):
        list(open_video(tmp_path / "depth.tif"))


# --- animations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "tolerance"), [("a.gif", 10), ("a.webp", 0), ("a.png", 0), ("a.tif", 0)])
def test_animation(name: str, tolerance: float, tmp_path: Path, clip: np.ndarray) -> None:
    animate(tmp_path / name, clip)
    video = open_video(tmp_path / name)
    frames = np.stack(list(video))
    assert frames.shape == clip.shape
    assert np.abs(frames.astype(int) - clip).mean() <= tolerance
    assert video.fps == (None if name == "a.tif" else 12.5)
    assert len(list(video)) == len(clip)


def test_apng_with_a_picture_for_other_programs(tmp_path: Path, clip: np.ndarray) -> None:
    first, *others = [Image.fromarray(frame) for frame in clip]
    first.save(tmp_path / "a.png", save_all=True, append_images=others, default_image=True)
    np.testing.assert_array_equal(read(tmp_path / "a.png"), clip[1:])


def test_gif_without_delay_plays_as_in_browsers(tmp_path: Path, clip: np.ndarray) -> None:
    animate(tmp_path / "a.gif", clip, duration=0)
    assert open_video(tmp_path / "a.gif").fps == 10


def test_second_picture_of_a_photo_is_no_frame(tmp_path: Path, clip: np.ndarray) -> None:
    image = Image.fromarray(clip[0])
    image.save(tmp_path / "photo.jpg", format="MPO", save_all=True, append_images=[Image.new("RGB", (8, 8))])
    assert read(tmp_path / "photo.jpg").shape == (1, *clip.shape[1:])


@pytest.mark.parametrize("name", ["cut.gif", "cut.png", "cut.tif"])
def test_animation_cut_short(name: str, tmp_path: Path, clip: np.ndarray) -> None:
    path = tmp_path / name
    animate(path, clip)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.7)])
    with pytest.raises(VideoError, match=rf"{name}: expected .*"):
        list(open_video(path))
    if name == "cut.tif":  # its index stands at the end
        return
    with pytest.warns(VideoWarning, match=rf"{name}: .* damaged after \d frames.*the frames before are taken"):
        frames = list(open_video(path, partial=True))
    assert 0 < len(frames) < len(clip)


def test_apng_that_ends_between_two_frames(tmp_path: Path, clip: np.ndarray) -> None:
    path = tmp_path / "a.png"
    animate(path, clip)
    content = path.read_bytes()
    starts = [at for at in range(len(content)) if content.startswith(b"fcTL", at)]  # one for each frame
    for end in (b"", content[-12:]):  # without the chunk that ends a PNG, and with it
        path.write_bytes(content[: starts[6] - 4] + end)
        with pytest.raises(VideoError, match=r"a.png: expected a whole image file, got one damaged after 6 frames"):
            read(path)
        with pytest.warns(VideoWarning):
            assert len(list(open_video(path, partial=True))) == 6


def test_gif_that_ends_between_two_frames(tmp_path: Path, clip: np.ndarray) -> None:
    animate(tmp_path / "a.gif", clip)
    content = (tmp_path / "a.gif").read_bytes()
    assert content.endswith(b";")
    (tmp_path / "a.gif").write_bytes(content + b"\0")  # a stray zero is no damage
    assert len(read(tmp_path / "a.gif")) == len(clip)
    (tmp_path / "a.gif").write_bytes(content[:-1])
    with pytest.raises(VideoError, match="damaged after 10 frames: its end marker is missing"):
        read(tmp_path / "a.gif")


# --- folders ------------------------------------------------------------------------------------------------------


def test_folder_in_natural_order(tmp_path: Path, clip: np.ndarray) -> None:
    names = ["frame_1.png", "frame_2.png", "frame_03.PNG", "frame_10.png", "frame_11.png"]
    for name, frame in sorted(zip(names, clip, strict=False), reverse=True):
        Image.fromarray(frame).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden.png").write_bytes(b"no image")
    (tmp_path / "sub").mkdir()
    np.testing.assert_array_equal(read(tmp_path), clip[:5])
    video = open_video(tmp_path)
    assert (video.fps, video.length_hint, video.name) == (None, 5, str(tmp_path))


def test_folder_of_mixed_sizes_names_the_file(tmp_path: Path, clip: np.ndarray) -> None:
    Image.fromarray(clip[0]).save(tmp_path / "0.png")
    Image.fromarray(clip[0][:, :40]).save(tmp_path / "1.png")
    with pytest.raises(VideoError, match=r"1.png: expected 32x48 pixels .* got 32x40"):
        read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no image at all", None])
def test_folder_with_a_broken_image(content: bytes | None, tmp_path: Path, clip: np.ndarray) -> None:
    for index in range(3):
        Image.fromarray(clip[index]).save(tmp_path / f"{index}.jpg")
    whole = (tmp_path / "1.jpg").read_bytes()
    (tmp_path / "1.jpg").write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(VideoError, match=r"1.jpg: expected an image"):
        read(tmp_path)
    with pytest.warns(VideoWarning, match="1.jpg.*left out"):
        assert len(list(open_video(tmp_path, partial=True))) == 2


def test_folder_without_an_image(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(VideoError, match=r"expected a folder of images \(.*\.jpg.*\), got none"):
            open_video(tmp_path)
        (tmp_path / "clip.mp4").write_bytes(b"0")


# --- damage and limits --------------------------------------------------------------------------------------------


def test_cut_image(tmp_path: Path, clip: np.ndarray) -> None:
    for name in ("cut.jpg", "cut.png"):
        path = tmp_path / name
        Image.fromarray(clip[0]).save(path)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) * 2 // 3])
        with pytest.raises(VideoError, match=rf"{name}: expected an image that can be decoded, got"):
            list(open_video(path))


@pytest.mark.parametrize("limit", [32 * 48 - 1, 32 * 48 // 2 - 1])
def test_image_over_pillows_limit(
    limit: int, tmp_path: Path, clip: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the limit Pillow warns, above twice the limit it raises: both are our error, and the limit stays."""
    Image.fromarray(clip[0]).save(tmp_path / "huge.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    for open_it in (lambda: open_video(tmp_path / "huge.png"), lambda: read(tmp_path)):
        with pytest.raises(VideoError, match=rf"huge.png: expected an image of at most {limit} pixels"):
            open_it()
    assert limit == Image.MAX_IMAGE_PIXELS


def test_the_users_filters_of_warnings_stay(tmp_path: Path, clip: np.ndarray) -> None:
    Image.fromarray(clip[0]).save(tmp_path / "a.png")
    with warnings.catch_warnings():
        before = list(warnings.filters)
        read(tmp_path / "a.png")
        assert list(warnings.filters) == before


def animate(path: Path, clip: np.ndarray, duration: int = 80) -> None:
    """Saves frames as an animation of so many milliseconds a frame, or as the pages of a tif."""
    first, *others = [Image.fromarray(frame) for frame in clip]
    settings: dict[str, Any] = {"lossless": True} if path.suffix == ".webp" else {}
    if path.suffix != ".tif":
        settings |= {"duration": duration, "loop": 0}
    first.save(path, save_all=True, append_images=others, **settings)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_label_map_of_a_palette(bits: int, tmp_path: Path) -> None:
    labels = np.array([[0, 1, 1], [1, 0, 2**bits - 1]], np.uint8)
    palette_image(labels).save(tmp_path / "a.png", bits=bits)
    read_labels, has_palette = read_label_map(tmp_path / "a.png")
    assert has_palette
    assert read_labels.dtype == np.uint8
    np.testing.assert_array_equal(read_labels, labels)


def test_label_map_of_gray_and_of_one_bit(tmp_path: Path) -> None:
    for labels in (np.array([[0, 7, 255]], np.uint8), np.array([[False, True, True]])):
        Image.fromarray(labels).save(tmp_path / "a.png")
        read_labels, has_palette = read_label_map(tmp_path / "a.png")
        assert not has_palette
        assert read_labels.dtype == np.uint8
        np.testing.assert_array_equal(read_labels, labels.astype(np.uint8))


def test_what_is_no_label_map(tmp_path: Path, clip: np.ndarray) -> None:
    gray = Image.fromarray(clip[0]).convert("L")
    Image.fromarray(clip[0]).save(tmp_path / "colours.png")
    gray.save(tmp_path / "jpeg.png", format="JPEG")
    (tmp_path / "none.png").write_bytes(b"no image")
    gray.save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:-25])
    for name, message in {
        "colours": "expected a palette image .* or a gray one .*, got one of mode RGB",
        "jpeg": "expected a PNG, got JPEG",
        "none": "expected a PNG, got a file that is no image",
        "cut": "expected an image that can be decoded, got ",
    }.items():
        with pytest.raises(VideoError, match=rf"{name}\.png: {message}"):
            read_label_map(tmp_path / f"{name}.png")


def test_the_size_of_an_image_is_read_without_decoding_it(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
    exif = image.getexif()
    for orientation in range(1, 9):
        exif[0x0112] = orientation
        image.save(path, exif=exif)
        assert read_size(path) == read_still(path).shape[:2]
    path.write_bytes(path.read_bytes()[:-100])  # cut short: the header is there
    assert read_size(path) == (30, 20)
    path.write_bytes(b"none")
    with pytest.raises(VideoError, match="expected an image, got a file that is none"):
        read_size(path)
