"""Damaged videos: an error that says so, or with `partial` what there is. Unusual ones that are whole are taken."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from refsam_hf.video import VideoError, VideoWarning, open_video

WriteVideo = Callable[..., Path]

FRAGMENTED = {"options": {"movflags": "frag_keyframe+empty_moov"}, "codec_options": {"g": "4"}}


def test_frames_are_decoded_only_when_asked_for(write_video: WriteVideo) -> None:
    """The second half of the file is broken: nobody may notice before it is read."""
    path = write_video("clip.mkv", codec_options={"g": "1"})
    _overwrite(path, [8, 9])
    frames = iter(open_video(path))
    for _ in range(8):
        next(frames)
    with pytest.raises(VideoError):
        list(frames)


@pytest.mark.parametrize(("skipped", "expected"), [(-2, "all but those"), (0, "all but those"), (2, "fewer")])
def test_trimmed_without_encoding_again(
    skipped: int, expected: str, write_video: WriteVideo, clip: np.ndarray, tmp_path: Path
) -> None:
    """Cut before a key frame, a whole video still has frames that rest on what is gone; decoders leave them out.

    With `skipped` frames between the key frame and the start, the file has an edit list of what is not to be shown.
    """
    noise = np.random.default_rng(0).integers(0, 80, clip.shape, dtype=np.uint8) + clip // 2
    settings = {"x264-params": "open-gop=1:keyint=6:min-keyint=2:bframes=3:b-adapt=0:scenecut=0"}
    packets, template = _demux(write_video("long.mp4", noise, codec_options=settings))
    start = [index for index, packet in enumerate(packets) if packet.is_keyframe][1]
    resting = [packet for packet in packets[start:] if packet.pts < packets[start].pts]
    assert resting
    zero = packets[start].pts + skipped * packets[start].duration
    path = _remux(packets[start:], template, tmp_path / "trimmed.mp4", zero)
    frames = len(list(open_video(path)))
    whole = len(packets) - start - len(resting)
    assert frames == whole if expected == "all but those" else 0 < frames < whole


def test_mp4_without_a_key_frame(write_video: WriteVideo, tmp_path: Path) -> None:
    packets, template = _demux(write_video("one_key.mp4", codec_options={"g": "10", "bf": "0"}))
    path = _remux(packets[1:], template, tmp_path / "headless.mp4", packets[1].pts)
    with pytest.raises(VideoError, match=r"headless.mp4: expected a whole video, got .* 9 frames were to be decoded"):
        list(open_video(path))


def test_mp4_cut_in_its_data(write_video: WriteVideo) -> None:
    """The index stands at the start and lists ten frames; the data ends on the way."""
    path = _cut_in_packet(write_video("cut.mp4", options={"movflags": "faststart"}, codec_options={"g": "1"}), 6)
    with pytest.raises(VideoError, match=r"cut.mp4: expected a whole video, got .*partial=True"):
        list(open_video(path))
    with pytest.warns(VideoWarning, match=r"cut.mp4: \d frames of a damaged video") as caught:
        frames = list(open_video(path, partial=True))
    assert 6 <= len(frames) <= 7
    assert len(caught) == 1


def test_mp4_that_ends_between_two_frames(write_video: WriteVideo) -> None:
    """No packet is broken: only the index tells that frames are missing."""
    path = write_video("cut.mp4", options={"movflags": "faststart"}, codec_options={"g": "1"})
    path.write_bytes(path.read_bytes()[: _packets(path)[6][0]])
    with pytest.raises(VideoError, match="its index lists 10 frames, 6 of them are there"):
        list(open_video(path))
    with pytest.warns(VideoWarning):
        assert len(list(open_video(path, partial=True))) == 6


def test_fragmented_mp4_cut_in_a_fragment(write_video: WriteVideo) -> None:
    path = _cut_in_packet(write_video("fragmented.mp4", **FRAGMENTED), 6)
    with pytest.raises(VideoError, match="expected a whole video"):
        list(open_video(path))


def test_mp4_cut_before_its_index(write_video: WriteVideo) -> None:
    path = write_video("noindex.mp4")
    content = path.read_bytes()
    index = content.index(b"moov")
    for end in (index // 2, index - 4, (index + len(content)) // 2):
        path.write_bytes(content[:end])
        for partial in (False, True):
            with pytest.raises(VideoError, match=r"noindex.mp4: expected a video or an image, got .*cut off"):
                open_video(path, partial=partial)


@pytest.mark.parametrize(("name", "settings"), [("cut.mkv", {}), ("cut.webm", {"codec": "libvpx"})])
def test_matroska_cut_short_of_its_duration_warns(
    name: str, settings: dict[str, Any], write_video: WriteVideo
) -> None:
    path = _cut_in_packet(write_video(name, codec_options={"g": "1"}, **settings), 6)
    with pytest.warns(VideoWarning, match=rf"{name}: expected 1.00 s as its header says, got 0\.\d\d s .*cut short"):
        frames = list(open_video(path))
    assert len(frames) == 6


def test_avi_cut_short(write_video: WriteVideo) -> None:
    path = _cut_in_packet(write_video("cut.avi", codec="mjpeg", pix_fmt="yuvj420p"), 6)
    with pytest.raises(VideoError, match="expected a whole video"):
        list(open_video(path))
    with pytest.warns(VideoWarning):
        assert 6 <= len(list(open_video(path, partial=True))) <= 7


def test_damage_that_a_decoder_would_pass_over(write_video: WriteVideo) -> None:
    """Of its own accord the decoder leaves the frame out without a word, and no index says that it is missing."""
    path = write_video("spoilt.mkv", codec="mpeg2video", fps=25)
    position, _ = _packets(path)[5]
    content = bytearray(path.read_bytes())
    content[position + 4] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(VideoError, match=r"spoilt.mkv: expected a whole video, got .*: decoding failed"):
        list(open_video(path))


def test_avi_cut_in_its_last_frame(write_video: WriteVideo) -> None:
    """What is left of the frame can be decoded; that it is not whole is known from its packet alone."""
    path = write_video("cut.avi", codec="mjpeg", pix_fmt="yuvj420p")
    position, size = _packets(path)[-1]
    path.write_bytes(path.read_bytes()[: position + size - 2])
    with pytest.raises(VideoError, match="damaged after 9 frames: a corrupt packet"):
        list(open_video(path))


@pytest.mark.parametrize("name", ["flipped.mp4", "flipped.mkv", "flipped.avi", "flipped.mov", "flipped_tail.mkv"])
def test_corrupt_packets(name: str, write_video: WriteVideo) -> None:
    codecs = {".avi": "mpeg4", ".mov": "mjpeg"}
    codec = codecs.get(Path(name).suffix, "libx264")
    path = write_video(
        name, codec=codec, pix_fmt="yuvj420p" if codec == "mjpeg" else "yuv420p", codec_options={"g": "1"}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(open_video(path))) == 10  # whole before
    _overwrite(path, [9] if "tail" in name else [4, 5])
    with pytest.raises(VideoError, match=rf"{name}: expected a whole video, got one that is damaged after \d frames"):
        list(open_video(path))
    with pytest.warns(VideoWarning, match="frames of a damaged video are taken"):
        frames = list(open_video(path, partial=True))
    assert 5 <= len(frames) <= 10


def _demux(path: Path) -> tuple[list[Any], Any]:
    """The packets of a video, and its stream."""
    import av

    container = av.open(str(path))
    return [packet for packet in container.demux() if packet.size], container.streams.video[0]


def _remux(packets: list[Any], template: Any, path: Path, zero: int) -> Path:
    """Writes packets as they are, with the time `zero` as the start."""
    import av

    with av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(template)
        for packet in packets:
            packet.pts, packet.dts = packet.pts - zero, packet.dts - zero
            packet.stream = stream
            output.mux(packet)
    return path


def _packets(path: Path) -> list[tuple[int, int]]:
    """Position and size, in bytes, of each packet."""
    import av

    with av.open(str(path)) as container:
        return [(packet.pos, packet.size) for packet in container.demux() if packet.size]


def _cut_in_packet(path: Path, index: int) -> Path:
    position, size = _packets(path)[index]
    path.write_bytes(path.read_bytes()[: position + size // 2])
    return path


def _overwrite(path: Path, indices: list[int]) -> None:
    """Garbage in the middle of some packets of a video."""
    packets = _packets(path)
    content = bytearray(path.read_bytes())
    for index in indices:
        position, size = packets[index]
        middle = range(position + size // 2, position + size - 1)
        content[middle.start : middle.stop] = bytes((77 * i + 31) % 256 for i in middle)
    path.write_bytes(content)
