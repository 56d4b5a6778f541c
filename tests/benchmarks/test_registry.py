"""Benchmarks by name: rows of one schema, decoded as far as they are asked for."""

import re
from pathlib import Path
from unittest.mock import Mock
from zipfile import BadZipFile

import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks import (
    BENCHMARKS,
    Benchmark,
    decode_frames,
    decode_masks,
    decode_row,
    decode_rows,
    decoding,
    iterate_frames,
    load_benchmark,
    register_benchmark,
)
from refsam_hf.benchmarks.own_clips import OwnClipsError
from refsam_hf.benchmarks.own_clips import benchmark as own_clips
from refsam_hf.benchmarks.problems import BenchmarkWarning
from refsam_hf.benchmarks.rows import row_features
from refsam_hf.benchmarks.shapes import load_shapes
from refsam_hf.video import VideoError
from refsam_hf.video.palette import palette_image

SHAPES = {"num_clips": 2, "num_frames": 4, "size": (60, 80), "kinds": ("appearance",)}


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A folder of two own clips: frame t has the value 40 * t, object 1 is in its corner, void is a pixel of it."""
    for name in ("run", "walk"):
        for part in ("frames", "masks"):
            (tmp_path / name / part).mkdir(parents=True)
        for t in range(3):
            labels = np.zeros((16, 24), np.uint8)
            labels[:4, : 4 + t] = 1
            labels[0, 0] = 255
            Image.fromarray(np.full((16, 24, 3), 40 * t, np.uint8)).save(tmp_path / name / "frames" / f"{t}.png")
            palette_image(labels).save(tmp_path / name / "masks" / f"{t}.png")
        (tmp_path / name / "expressions.json").write_text('[{"text": "a"}, {"text": "b"}]')
    return tmp_path


def test_the_benchmarks_of_this_package() -> None:
    assert set(BENCHMARKS) == {
        *("shapes", "own_clips", "refer_youtube_vos", "ref_davis17", "mevis", "refcoco", "refcoco+", "refcocog"),
        *("a2d_sentences", "jhmdb_sentences", "youtube_vis"),
    }
    assert all(isinstance(benchmark, Benchmark) for benchmark in BENCHMARKS.values())


def test_an_unknown_benchmark() -> None:
    with pytest.raises(ValueError, match=r"benchmark: expected one of .*own_clips.*, got 'imagenet'$"):
        load_benchmark("imagenet", None, "test")
    with pytest.raises(ValueError, match=r"got 'ref_davis' \(did you mean ref_davis17\?\)"):
        load_benchmark("ref_davis", None, "test")


def test_one_that_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BENCHMARKS, "_others", {})
    made = Benchmark(lambda root, split, *, loud=False: [root, split, loud], Mock(), Mock())
    register_benchmark("made", made)
    assert BENCHMARKS["made"] is made
    assert "made" in BENCHMARKS
    assert load_benchmark("made", "folder", "test", loud=True) == ["folder", "test", True]
    for name in ("made", "mevis"):
        with pytest.raises(ValueError, match=f"expected a name that is not taken yet, got '{name}'"):
            register_benchmark(name, made)


@pytest.mark.parametrize(
    "error", [KeyError("masks"), EOFError(), BadZipFile("no zip file"), IndexError("9"), OSError()]
)
def test_whatever_its_decoders_raise_names_the_video(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BENCHMARKS, "_others", {})
    fail = Mock(side_effect=error)
    register_benchmark("made", Benchmark(Mock(), fail, fail, iterate_frames=fail))
    row = {"benchmark": "made", "video_id": "a", "frames_dir": "a.npz", "frame_names": ["0"], "masks": "a.npz"}
    for decode in (decode_frames, decode_masks, lambda row: list(iterate_frames(row))):
        with pytest.raises(VideoError, match="video 'a' of made: ") as raised:
            decode(row)
        assert raised.value.__cause__ is error


@pytest.mark.parametrize("name", BENCHMARKS)
def test_an_unknown_option_is_named_with_the_known_ones(name: str, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=rf"{re.escape(name)}: expected options out of .*(strict|num_clips).*, got num_clip"
    ):
        load_benchmark(name, None if name == "shapes" else tmp_path, "test", num_clip=3)


def test_shapes_by_name() -> None:
    rows = load_benchmark("shapes", None, "test", **SHAPES)
    assert rows.to_list() == load_shapes("test", **SHAPES).to_list()
    with pytest.raises(ValueError, match="shapes: expected no folder"):
        load_benchmark("shapes", "folder", "test")


def test_shapes_gives_only_the_frames_that_are_named() -> None:
    row = load_benchmark("shapes", None, "test", **SHAPES)[0]
    whole = decode_row(row)
    assert whole["frames"].shape == (4, 60, 80, 3)
    assert not (whole["frames"][2] == whole["frames"][1]).all()
    assert not whole["void"].any()
    some = decode_row(row | {"frame_names": ["00002", "00001"]})
    for name in ("frames", "masks", "void"):
        np.testing.assert_array_equal(some[name], whole[name][[2, 1]])
    for names, got in ((["00004"], "got '00004'"), ([], "got none")):
        with pytest.raises(VideoError, match=rf"{row['video_id']}.*names of frames from 00000 to 00003, {got}"):
            decode_row(row | {"frame_names": names})


def test_own_clips_by_name(clips: Path) -> None:
    rows = load_benchmark("own_clips", clips, "1:")
    assert rows.features == row_features()
    assert rows["video_id"] == ["run", "run", "walk", "walk"]
    frames, (masks, void) = decode_frames(rows[0]), decode_masks(rows[0])
    assert frames[:, 8, 8, 0].tolist() == [40, 80]
    assert masks.sum(axis=(1, 2)).tolist() == [19, 23]
    assert void.sum(axis=(1, 2)).tolist() == [1, 1]
    with pytest.raises(ValueError, match="own_clips: expected the folder"):
        load_benchmark("own_clips", None, ":")


def test_one_bad_clip_of_your_own_costs_no_other(clips: Path) -> None:
    (clips / "run" / "masks" / "1.png").unlink()
    with pytest.warns(
        BenchmarkWarning, match=r"left out; 1 problem, namely: run/masks/1\.png: expected a mask"
    ) as caught:
        assert load_benchmark("own_clips", clips, ":")["video_id"] == ["walk", "walk"]
    assert len(caught[0].message.problems) == 1
    assert caught[0].message.left_out == {"run": caught[0].message.problems[0]}
    with pytest.raises(OwnClipsError, match=r"run/masks/1\.png"):
        load_benchmark("own_clips", clips, ":", strict=True)
    (clips / "walk" / "masks" / "1.png").unlink()
    with pytest.raises(OwnClipsError, match="got 2 problems"):
        load_benchmark("own_clips", clips, ":")


def test_the_transform_decodes_the_frames_of_a_video_once(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decode = Mock(side_effect=own_clips.decode_frames)
    monkeypatch.setattr(own_clips, "decode_frames", decode)
    batch = load_benchmark("own_clips", clips, ":").with_transform(decode_rows)[:4]
    assert decode.call_count == 2
    assert [frames.shape for frames in batch["frames"]] == [(3, 16, 24, 3)] * 4
    assert [masks.sum() for masks in batch["masks"]] == [15 + 19 + 23] * 4
    assert batch["video_id"] == ["run", "run", "walk", "walk"]
    batch["frames"][0][:] = 9
    assert batch["frames"][1].max() == 80  # the rows of a video share no memory


def test_hidden_masks_are_an_error_and_the_frames_are_not(clips: Path) -> None:
    row = load_benchmark("own_clips", clips, ":")[0] | {"masks": ""}
    assert len(decode_frames(row)) == 3
    for decode in (decode_masks, decode_row):
        with pytest.raises(VideoError, match=r"video 'run': expected masks, got none: those of the split ':' .* not"):
            decode(row)


def test_what_is_wrong_with_a_file_names_the_video(clips: Path) -> None:
    row = load_benchmark("own_clips", clips, ":")[2]
    palette_image(np.zeros((8, 9), np.uint8)).save(clips / "walk" / "masks" / "1.png")
    assert len(decode_masks(row | {"frame_names": ["0", "2"]})[0]) == 2
    with pytest.raises(VideoError, match=r"video 'walk' of own_clips: .*frame '1': .* one size, 16x24 .*got 8x9"):
        decode_masks(row)
    with pytest.raises(VideoError, match=r"video 'walk': expected masks of the size of the frames, 16x24 .*, got 8x9"):
        decode_row(row | {"frame_names": ["1"]})
    (clips / "walk" / "frames" / "1.png").write_bytes(b"no image")
    with pytest.raises(VideoError, match=r"video 'walk' of own_clips: .*1\.png"):
        decode_frames(row)
    for path in (clips / "walk" / "frames").iterdir():
        path.unlink()
    (clips / "walk" / "frames").rmdir()
    with pytest.raises(VideoError, match=r"video 'walk' of own_clips: .*frames"):
        decode_frames(row)


def test_frames_one_by_one(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "FRAMES_AT_ONCE", 2)
    for row in (load_benchmark("own_clips", clips, ":")[0], load_benchmark("shapes", None, "test", **SHAPES)[0]):
        for names in (row["frame_names"], row["frame_names"][1:]):
            part = row | {"frame_names": names}
            np.testing.assert_array_equal(np.stack(list(iterate_frames(part))), decode_frames(part))
    row = load_benchmark("own_clips", clips, ":")[0]
    with pytest.raises(VideoError, match=r"video 'run' of own_clips.*'9'"):
        list(iterate_frames(row | {"frame_names": ["0", "9"]}))
