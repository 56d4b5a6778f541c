"""Videos through FFmpeg: every format gives every frame, the right way up; what is no video is an error."""

import functools
import http.server
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from refsam_hf.video import VideoError, VideoWarning, open_video

WriteVideo = Callable[..., Path]

FRAGMENTED = {"options": {"movflags": "frag_keyframe+empty_moov"}, "codec_options": {"g": "4"}}
FORMATS: dict[str, dict[str, Any]] = {
    "plain.mp4": {},
    "fragmented.mp4": FRAGMENTED,
    "clip.mov": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "clip.mkv": {},
    "clip.webm": {"codec": "libvpx-vp9"},
    # Frames that are never shown: more packets than frames.
    "hidden_frames.webm": {"codec": "libvpx", "codec_options": {"auto-alt-ref": "1", "lag-in-frames": "16"}},
    "live.webm": {"codec": "libvpx-vp9", "options": {"live": "1"}},
    "clip.avi": {"codec": "mpeg4", "codec_options": {"bf": "2"}},
    "clip.ts": {},
    "clip.mpg": {"codec": "mpeg2video", "fps": 25},
    "interlaced.mp4": {"codec_options": {"x264-params": "tff=1", "flags": "+ildct+ilme"}},
    "intra_refresh.mkv": {"codec_options": {"x264-params": "intra-refresh=1:keyint=4"}},
    "ten_bits.mp4": {"pix_fmt": "yuv420p10le"},
    "with_sound.mp4": {"sound": True},
    "with_sound.mkv": {"sound": True},
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_frame_of_a_whole_video(
    name: str, write_video: WriteVideo, clip: np.ndarray, recwarn: pytest.WarningsRecorder
) -> None:
    path = write_video(name, **FORMATS[name])
    video = open_video(path)
    frames = list(video)
    assert len(frames) == len(clip)
    assert all(frame.dtype == np.uint8 and frame.flags.c_contiguous for frame in frames)
    assert np.abs(np.stack(frames).astype(int) - clip).mean() < 12
    assert (video.height, video.width) == clip.shape[1:3]
    assert video.fps == FORMATS[name].get("fps", 10)
    assert video.name == str(path)
    assert not [warning for warning in recwarn if issubclass(warning.category, VideoWarning)]
    assert len(list(video)) == len(clip)  # a file can be read again


def test_headers_that_know_no_length(write_video: WriteVideo) -> None:
    import av

    for name in ("clip.mkv", "clip.webm", "fragmented.mp4"):
        path = write_video(name, **FORMATS[name])
        with av.open(str(path)) as container:
            assert container.streams.video[0].frames == 0  # what makes these files worth a test
        assert open_video(path).length_hint is None


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("flips", [(False, False), (True, False), (False, True)])
def test_rotation_and_mirroring_are_obeyed(
    degrees: int, flips: tuple[bool, bool], write_video: WriteVideo, clip: np.ndarray
) -> None:
    path = write_video("turned.mp4", clip[:2], rotation=(degrees, *flips))
    expected = np.rot90(clip[0], degrees // 90)
    expected = expected[:, ::-1] if flips[0] else expected
    expected = expected[::-1] if flips[1] else expected
    video = open_video(path)
    frame = next(iter(video))
    assert frame.shape == expected.shape
    assert np.abs(frame.astype(int) - expected).mean() < 12
    assert (video.height, video.width) == expected.shape[:2]


def test_rotation_as_phones_write_it(write_video: WriteVideo, clip: np.ndarray) -> None:
    """The 3x3 matrix in the track header of an mp4, 16.16 fixed point, turned by 90 degrees clockwise."""
    path = write_video("phone.mp4", clip[:2])
    content = path.read_bytes()
    identity = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    at = content.index(identity, content.index(b"tkhd"))
    turned = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, clip.shape[1] << 16, 0, 1 << 30)
    path.write_bytes(content[:at] + turned + content[at + len(turned) :])
    frame = next(iter(open_video(path)))
    assert np.abs(frame.astype(int) - np.rot90(clip[0], -1)).mean() < 12


def test_rotation_beside_side_data_unknown_to_pyav(tmp_path: Path, clip: np.ndarray) -> None:
    from PIL import Image

    image = Image.fromarray(clip[0])
    exif = image.getexif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    image.save(tmp_path / "one.jpg", exif=exif, quality=95)
    path = tmp_path / "clip.mjpeg"
    path.write_bytes(b"\n" + (tmp_path / "one.jpg").read_bytes() * 3)  # the line break: else it is an image to Pillow
    frames = list(open_video(path))
    assert len(frames) == 3
    assert np.abs(frames[0].astype(int) - np.rot90(clip[0], -1)).mean() < 12


def test_variable_frame_rate(write_video: WriteVideo, clip: np.ndarray) -> None:
    path = write_video("variable.mkv", times=[0, 1, 2, 5, 6, 20, 21, 22, 40, 41])
    video = open_video(path)
    assert len(list(video)) == len(clip)
    assert video.fps is None or 0 < video.fps <= 1000


def test_size_that_changes_on_the_way(write_video: WriteVideo, clip: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "two_sizes.h264"
    parts = [write_video("a.h264", clip[:3]), write_video("b.h264", clip[:3, :, :32])]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(VideoError, match=r"two_sizes.h264, frame 3: expected all frames to be 32x48 .* got 32x32"):
        list(open_video(path))


# --- what is no video ---------------------------------------------------------------------------------------------


def test_files_that_are_no_video(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, 20_000, dtype=np.uint8).tobytes()
    contents = {
        "notes.txt": b"hello\n" * 100,  # FFmpeg would show this as ANSI art
        "notes.mp4": b"hello\n" * 100,
        "noise.mp4": noise,
        "noise.jpg": noise,
        "list.m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nclip.ts\n#EXT-X-ENDLIST\n",
        "list.ffconcat": b"ffconcat version 1.0\nfile clip.ts\n",
    }
    for name, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(VideoError, match=rf"{name}: expected a video or an image, got a file that is neither"):
            open_video(path)


def test_sound_alone(tmp_path: Path) -> None:
    import av

    for name, codec in (
        ("sound.m4a", "aac"),
        ("sound.mka", "aac"),
        ("sound.wav", "pcm_s16le"),
        ("sound.flac", "flac"),
    ):
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream(codec, rate=8000)
            kind = "fltp" if codec == "aac" else "s16"
            zeros = np.zeros((1, 4096), np.float32 if codec == "aac" else np.int16)
            frame = av.AudioFrame.from_ndarray(zeros, format=kind, layout="mono")
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        with pytest.raises(VideoError, match=rf"{name}: expected a file with a video stream, got one with audio only"):
            open_video(path)


def test_a_name_is_never_a_protocol(write_video: WriteVideo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_video("a.ts").rename("concat:a|b.ts")
    assert len(list(open_video("concat:a|b.ts"))) == 10
    with pytest.raises(FileNotFoundError):
        open_video("concat:a.ts")


# --- http ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server of tmp_path on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def test_url(server: str, write_video: WriteVideo, clip: np.ndarray) -> None:
    from PIL import Image

    path = write_video("clip.mp4", options={"movflags": "faststart"})
    assert len(list(open_video(f"{server}/clip.mp4?token=1"))) == 10
    Image.fromarray(clip[0]).save(path.with_name("still.png"))
    assert np.array_equal(next(iter(open_video(f"{server}/still.png?token=1"))), clip[0])
    for missing, kind in (("missing.mp4", "a video"), ("missing.png", "an image")):
        with pytest.raises(OSError, match=rf"{server}/{missing}: expected {kind} that can be fetched, got .*404"):
            open_video(f"{server}/{missing}")
    path.with_name("page.html").write_text("<html>no video</html>")
    with pytest.raises(VideoError, match=r"page\.html: expected a video"):
        open_video(f"{server}/page.html")


def test_url_that_nobody_answers() -> None:
    with pytest.raises(OSError, match=r"http://127.0.0.1:1/clip.mp4: expected a video that can be fetched"):
        open_video("http://127.0.0.1:1/clip.mp4")


def test_url_of_an_image_that_cannot_be_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/cut.png"

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n1234")  # and no more

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(OSError, match=rf"{address}: expected an image that can be fetched, got IncompleteRead"):
            open_video(address)
        thread.join()
    for address, kind in (
        ("http://127.0.0.1:1/a b.png", "InvalidURL"),
        ("http://127.0.0.1:1/a.png", "URLError"),
        ("http://[127.0.0.1/a.png", "ValueError"),
    ):
        with pytest.raises(
            OSError, match=rf"^{re.escape(address)}: expected an image that can be fetched, got {kind}"
        ):
            open_video(address)
