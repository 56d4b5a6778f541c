"""Bad input of the benchmarks that are folders: what is wrong is named, and one bad video costs no other."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks import decode_frames, decode_masks, decode_row, load_benchmark
from refsam_hf.benchmarks.problems import BenchmarkError, BenchmarkWarning
from refsam_hf.video import VideoError
from refsam_hf.video.palette import palette_image

NAME = "refer_youtube_vos"
LISTED = Path("meta_expressions", "train", "meta_expressions.json")


@pytest.fixture
def root(trees, tmp_path: Path) -> Path:
    return trees.refer_youtube_vos(tmp_path / "ytvos")


@pytest.fixture
def change(root: Path) -> Callable[[Callable[[dict[str, Any]], Any]], None]:
    """Changes the videos that the file of train lists."""

    def write(edit: Callable[[dict[str, Any]], Any]) -> None:
        content = json.loads((root / LISTED).read_text())
        edit(content["videos"])
        (root / LISTED).write_text(json.dumps(content))

    return write


def left_out(root: Path, match: str) -> None:
    """The video "a0" is left out with a warning that says why, and "b1" is there; asked for, it is an error."""
    with pytest.warns(BenchmarkWarning, match=match) as caught:
        rows = load_benchmark(NAME, root, "train")
    assert rows["video_id"] == ["b1", "b1"]
    assert decode_row(rows[0])["masks"].any()
    (warning,) = [entry.message for entry in caught if isinstance(entry.message, BenchmarkWarning)]
    (problem,), ((video, reason),) = warning.problems, warning.left_out.items()
    assert problem == f"video {video!r}: {reason}"
    assert caught[0].filename == __file__
    with pytest.raises(BenchmarkError, match=match) as error:
        load_benchmark(NAME, root, "train", strict=True)
    assert error.value.problems == warning.problems


@pytest.mark.parametrize("name", ["meta_expressions", "train", "train/JPEGImages", "train/Annotations"])
def test_a_missing_part_is_named_with_the_layout(root: Path, name: str) -> None:
    (root / name).rename(root / "elsewhere")
    with pytest.raises(OSError, match=rf"(?s)expected the (file|folder) {name}.*got none; .*valid/JPEGImages"):
        load_benchmark(NAME, root, "train")


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match=r"(?s)nowhere: expected the folder of .*got nothing there; .*Annot"):
        load_benchmark(NAME, tmp_path / "nowhere", "train")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="got a file"):
        load_benchmark(NAME, tmp_path / "file", "train")
    with pytest.raises(BenchmarkError, match=r"(?s)--root .*: expected a folder, got None; .*train/JPEGImages"):
        load_benchmark(NAME, None, "train")


@pytest.mark.parametrize("text", ["", '{"videos": {', "[" * 100_000, "\xff", "{} {}"])
def test_broken_json(root: Path, text: str) -> None:
    (root / LISTED).write_bytes(text.encode("latin-1"))
    with pytest.raises(BenchmarkError, match=r"train/meta_expressions\.json: expected JSON, got something"):
        load_benchmark(NAME, root, "train")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "expected JSON with an object, got list"),
        ("{}", "expected a member 'videos', got only none"),
        ('{"videos": []}', "expected an object as 'videos', got list"),
        ('{"videos": {}}', "expected videos with expressions, got none"),
    ],
)
def test_json_of_another_form(root: Path, text: str, message: str) -> None:
    (root / LISTED).write_text(text)
    with pytest.raises(BenchmarkError, match=message):
        load_benchmark(NAME, root, "train")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("frames", [], "video 'a0': expected the names of its frames, got none"),
        ("frames", None, "video 'a0': .*expected a list as 'frames', got NoneType"),
        ("frames", ["00000", 5], "name of a frame: expected a plain name, without a path, got 5"),
        ("frames", ["../b1/00005"], r"name of a frame: .*got '\.\./b1/00005'"),
        ("frames", ["/etc/passwd"], "name of a frame: .*got '/etc/passwd'"),
        ("frames", ["00000", "00000"], "expected each frame once, got '00000' twice"),
        ("frames", ["00000", "00007"], r"JPEGImages/a0: expected an image for every frame, got none for 00007"),
        ("expressions", {}, "expected expressions, got none"),
        ("expressions", {"0": "a box"}, "expression '0': expected an object with 'exp', got str"),
        ("expressions", {"0": {"exp": "a box"}}, "expression '0': expected an 'obj_id', got none"),
        ("expressions", {"0": {"exp": " ", "obj_id": "1"}}, "expression '0': expected words, got ' '"),
        ("expressions", {"0": {"exp": "a box", "obj_id": "x"}}, "expected a whole number from 1 to 254, got 'x'"),
        ("expressions", {"0": {"exp": "a box", "obj_id": "255"}}, "a whole number from 1 to 254, got '255'"),
        ("expressions", {"../0": {"exp": "a box", "obj_id": "1"}}, r"id of an expression: .*got '\.\./0'"),
    ],
)
def test_a_video_with_a_problem_is_left_out(
    root: Path, change: Callable[..., None], key: str, value: object, message: str
) -> None:
    change(lambda videos: videos["a0"].update({key: value}))
    left_out(root, message)


@pytest.mark.parametrize("name", ["../train/JPEGImages/a0", "/etc", "..", "a\\b"])
def test_ids_that_climb_out_of_the_folder(root: Path, change: Callable[..., None], name: str) -> None:
    change(lambda videos: videos.update({name: videos.pop("a0")}))
    left_out(root, "id of a video: expected a plain name, without a path")


@pytest.mark.parametrize("part", ["JPEGImages", "Annotations"])
def test_a_video_without_its_folder_or_a_file(root: Path, part: str) -> None:
    folder = root / "train" / part / "a0"
    next(folder.iterdir()).unlink()
    left_out(root, f"{part}/a0: expected (an image|a label map) for every frame, got none for")
    folder.rename(root / "elsewhere")
    left_out(root, f"{part}/a0: expected this folder, got none")


@pytest.mark.parametrize(
    ("part", "suffix"), [("JPEGImages", ".txt"), ("Annotations", ".txt"), ("Annotations", ".jpg")]
)
def test_a_file_of_another_kind_is_no_frame(root: Path, part: str, suffix: str) -> None:
    path = next((root / "train" / part / "a0").iterdir())
    path.rename(path.with_suffix(suffix))
    left_out(root, f"{part}/a0: expected (an image|a label map) for every frame, got none for {path.stem}")


def test_endings_of_any_case(root: Path) -> None:
    rows = load_benchmark(NAME, root, "train", strict=True)
    before = decode_row(rows[0])
    for path in [*(root / "train").glob("*/a0/*")]:
        path.rename(path.with_suffix(path.suffix.upper()))
    after = decode_row(load_benchmark(NAME, root, "train", strict=True)[0])
    for name in ("frames", "masks", "void"):
        np.testing.assert_array_equal(after[name], before[name])


@pytest.mark.parametrize("whole", [True, False])
def test_links_that_lead_out(root: Path, tmp_path: Path, whole: bool) -> None:
    folder = root / "train" / "JPEGImages" / "a0"
    outside = tmp_path / "outside"
    if whole:
        folder.rename(outside)
        folder.symlink_to(outside)
    else:
        (folder / "00005.jpg").rename(outside)
        (folder / "00005.jpg").symlink_to(outside)
    left_out(root, "got a link out of it, to '.*outside'")
    rows = load_benchmark(NAME, root, "train", strict=True, allow_links=True)
    assert len(decode_frames(rows[0])) == 2


def test_links_within_the_folder_are_followed(root: Path) -> None:
    folder = root / "train" / "JPEGImages"
    (folder / "a0").rename(root / "moved")
    (folder / "a0").symlink_to(root / "moved")
    assert len(load_benchmark(NAME, root, "train", strict=True)) == 4


def test_a_link_out_in_the_place_of_a_part(root: Path, tmp_path: Path) -> None:
    (root / "train").rename(tmp_path / "big_disk")
    (root / "train").symlink_to(tmp_path / "big_disk")
    with pytest.raises(BenchmarkError, match="got a link out of it"):
        load_benchmark(NAME, root, "train")
    assert len(load_benchmark(NAME, root, "train", allow_links=True)) == 4


def test_when_no_video_is_left(root: Path, change: Callable[..., None]) -> None:
    change(lambda videos: [video.update({"frames": []}) for video in videos.values()])
    with pytest.raises(
        BenchmarkError, match=r"refer_youtube_vos train: .* 2 videos: video 'a0'.*; video 'b1'"
    ) as error:
        load_benchmark(NAME, root, "train")
    assert len(error.value.problems) == 2


def test_only_the_first_problems_are_named(root: Path, change: Callable[..., None]) -> None:
    change(lambda videos: videos.update({f"x{number}": {} for number in range(6)}))
    with pytest.warns(BenchmarkWarning, match=r"6 videos: video 'x0'.*'x1'.*'x2'[^;]*; and 3 more") as caught:
        load_benchmark(NAME, root, "train")
    assert len(caught[0].message.problems) == 6


def test_a_frame_that_is_not_asked_for_may_be_damaged(root: Path) -> None:
    row = load_benchmark(NAME, root, "train")[2]
    for path in (Path(row["frames_dir"], "00010.jpg"), Path(row["masks"], "00010.png")):
        path.write_bytes(path.read_bytes()[:-60] if path.suffix == ".jpg" else b"no image")
    some = row | {"frame_names": ["00005", "00015"]}
    assert decode_row(some)["frames"].shape[0] == 2
    with pytest.raises(VideoError, match=r"video 'b1' of refer_youtube_vos: frame '00010': .*00010\.jpg"):
        decode_frames(row)
    with pytest.raises(VideoError, match=r"video 'b1' of refer_youtube_vos: frame '00010': .*00010\.png"):
        decode_masks(row)


def test_masks_and_frames_of_another_size(root: Path) -> None:
    row = load_benchmark(NAME, root, "train")[2]
    palette_image(np.zeros((30, 40), np.uint8)).save(Path(row["masks"], "00010.png"))
    with pytest.raises(VideoError, match=r"'b1'.*frame '00010': expected 24x32 \(height x width\) .*got 30x40"):
        decode_masks(row)
    with pytest.raises(VideoError, match=r"'b1': expected masks of the size of the frames, 24x32 .*got 30x40"):
        decode_row(row | {"frame_names": ["00010"]})
    Image.fromarray(np.zeros((30, 40, 3), np.uint8)).save(Path(row["frames_dir"], "00015.jpg"))
    with pytest.raises(VideoError, match=r"'b1'.*frame '00015': expected 24x32 .*got 30x40"):
        decode_frames(row)


def test_a_label_map_of_colours_is_refused(root: Path) -> None:
    row = load_benchmark(NAME, root, "train")[0]
    path = Path(row["masks"], "00005.png")
    Image.open(path).convert("RGB").save(path)
    with pytest.raises(VideoError, match=r"'a0'.*frame '00005': .*expected a palette image .*got one of mode RGB"):
        decode_masks(row)


def test_a_gray_label_map_keeps_its_ids(root: Path, trees) -> None:
    row = load_benchmark(NAME, root, "train")[2]
    for name, label in zip(row["frame_names"], trees.labels(3), strict=True):
        Image.fromarray(label).save(Path(row["masks"], f"{name}.png"))
    np.testing.assert_array_equal(decode_masks(row)[0], trees.labels(3) == 1)


def test_files_that_went_away(root: Path) -> None:
    row = load_benchmark(NAME, root, "train")[0]
    os.remove(Path(row["frames_dir"], "00005.jpg"))
    with pytest.raises(VideoError, match=r"'a0'.*frame '00005': expected .*a0/00005\.jpg or .*got none"):
        decode_frames(row)
    with pytest.raises(
        VideoError, match=r"name of a frame: expected a plain name, without a path, got '\.\./b1/00005'"
    ):
        decode_frames(row | {"frame_names": ["../b1/00005"]})
    with pytest.raises(VideoError, match="expected the names of one or more frames, got none"):
        decode_frames(row | {"frame_names": []})
