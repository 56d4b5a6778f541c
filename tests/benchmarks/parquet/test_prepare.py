"""A benchmark as Parquet: what `load_dataset` reads is what was there, and nothing is left half written."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset, load_dataset
from PIL import Image

from refsam_hf.benchmarks import decode_frames, decode_masks, load_benchmark
from refsam_hf.benchmarks.parquet import LOCAL_COLUMNS, Prepared, prepare
from refsam_hf.benchmarks.parquet.names import hub_split
from refsam_hf.benchmarks.problems import BenchmarkError, BenchmarkWarning
from refsam_hf.video.rle import decode_rle

Read = Callable[..., tuple[Dataset, Dataset]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The two tables of a folder, by the public `load_dataset`, without its cache of other tests."""

    def tables(folder: Path, split: str) -> tuple[Dataset, Dataset]:
        return tuple(
            load_dataset(str(folder), table, split=split, cache_dir=str(tmp_path / "cache"))
            for table in ("videos", "expressions")
        )

    return tables


def same(rows: Dataset, videos: Dataset, expressions: Dataset) -> None:
    """Whether the tables hold the same rows, frames and masks."""
    kept = [name for name in rows.column_names if name not in LOCAL_COLUMNS]
    assert expressions.select_columns(kept).to_list() == rows.select_columns(kept).to_list()
    assert videos["video_id"] == list(dict.fromkeys(rows["video_id"]))
    video_of = {video["video_id"]: video for video in videos}
    for row, said in zip(rows, expressions, strict=True):
        video = video_of[row["video_id"]]
        place_of = {name: place for place, name in enumerate(video["frame_names"])}
        frames = np.stack([np.array(video["frames"][place_of[name]].convert("RGB")) for name in row["frame_names"]])
        np.testing.assert_array_equal(frames, decode_frames(row))
        if not row["masks"]:
            assert said["masks"] == said["void"] == []
            continue
        masks, void = decode_masks(row)
        np.testing.assert_array_equal(np.stack([decode_rle(mask) for mask in said["masks"]]), masks)
        shown = [decode_rle(mask) for mask in said["void"]]
        np.testing.assert_array_equal(np.stack(shown) if shown else np.zeros_like(void), void)


def test_files_as_cameras_name_them(own_clips, tmp_path: Path, read: Read) -> None:
    """Whatever `refsam check` passes can be prepared: .JPG and .PNG too."""
    clips = own_clips("walk")
    for part, suffix in (("frames", ".JPG"), ("masks", ".PNG")):
        for path in [*(clips / "walk" / part).iterdir()]:
            if part == "frames":
                with Image.open(path) as image:
                    image.convert("RGB").save(path.with_suffix(".jpg"), quality=95)
                path.unlink()
                path = path.with_suffix(".jpg")
            path.rename(path.with_suffix(suffix))
    rows = load_benchmark("own_clips", clips, ":", strict=True)
    prepare("own_clips", clips, [":"], tmp_path / "out", strict=True)
    videos, expressions = read(tmp_path / "out", "whole")
    same(rows, videos, expressions)
    assert len(videos[0]["labels"]) == len(rows[0]["frame_names"])


@pytest.mark.parametrize(
    ("name", "tree", "split"),
    [
        ("refer_youtube_vos", "refer_youtube_vos", "train"),
        ("refer_youtube_vos", "refer_youtube_vos", "valid"),
        ("ref_davis17", "ref_davis17", "valid"),
        ("mevis", "mevis", "valid_u"),
        ("refcoco+", "refcoco", "train"),
        ("a2d_sentences", "a2d_sentences", "test"),
        ("jhmdb_sentences", "jhmdb_sentences", "test"),
        ("youtube_vis", "youtube_vis", "train"),
    ],
)
def test_what_is_read_back_is_what_was_there(
    trees, tmp_path: Path, read: Read, name: str, tree: str, split: str
) -> None:
    root = getattr(trees, tree)(tmp_path / "tree", *([name] if tree == "refcoco" else []))
    rows = load_benchmark(name, root, split)
    done = prepare(name, root, [split], tmp_path / "out")
    assert done == [Prepared(split, len(set(rows["video_id"])), len(rows))]
    same(rows, *read(tmp_path / "out", split))


def test_images_are_stored_byte_by_byte(trees, tmp_path: Path, read: Read) -> None:
    from datasets import Image, List

    root = trees.refer_youtube_vos(tmp_path / "tree")
    prepare("refer_youtube_vos", root, ["train"], tmp_path / "out")
    for path in root.rglob("*.jpg"):  # what is read back needs the tree no more
        path.rename(path.with_suffix(".moved"))
    videos, _ = read(tmp_path / "out", "train")
    for video in videos.cast_column("frames", List(Image(decode=False))):
        for name, image in zip(video["frame_names"], video["frames"], strict=True):
            path = root / "train" / "JPEGImages" / video["video_id"] / f"{name}.moved"
            assert image == {"bytes": path.read_bytes(), "path": f"{name}.jpg"}


def test_drawn_clips_and_several_splits(tmp_path: Path, read: Read) -> None:
    options = {"num_clips": 2, "num_frames": 2, "size": (48, 64), "kinds": ("appearance",)}
    done = prepare("shapes", None, ["val", "test-unseen"], tmp_path / "out", **options)
    assert [(found.split, found.videos, found.expressions) for found in done] == [("val", 2, 4), ("test_unseen", 2, 4)]
    for split in ("val", "test-unseen"):
        same(load_benchmark("shapes", None, split, **options), *read(tmp_path / "out", hub_split(split)))
    text = (tmp_path / "out" / "README.md").read_text()
    assert "| val | 2 | 4 |\n| test_unseen | 2 | 4 |" in text


def test_files_are_of_bounded_size_and_a_row_group_is_a_video(trees, tmp_path: Path, read: Read) -> None:
    import pyarrow.parquet as pq

    root = trees.refer_youtube_vos(tmp_path / "tree")
    prepare("refer_youtube_vos", root, ["train"], tmp_path / "small", shard_bytes=1)
    files = sorted(path.relative_to(tmp_path / "small").as_posix() for path in (tmp_path / "small").rglob("*.parquet"))
    assert files == [f"{table}/train-0000{number}.parquet" for table in ("expressions", "videos") for number in (0, 1)]
    same(load_benchmark("refer_youtube_vos", root, "train"), *read(tmp_path / "small", "train"))
    prepare("refer_youtube_vos", root, ["train"], tmp_path / "large")
    (path,) = (tmp_path / "large" / "videos").iterdir()
    assert pq.ParquetFile(path).num_row_groups == 2


def test_one_bad_video_is_left_out(trees, tmp_path: Path, read: Read) -> None:
    root = trees.refer_youtube_vos(tmp_path / "tree")
    (root / "train" / "JPEGImages" / "a0" / "00005.jpg").write_bytes(b"no image")
    with pytest.warns(BenchmarkWarning, match=r"video 'a0': .*00005\.jpg"):
        assert prepare("refer_youtube_vos", root, ["train"], tmp_path / "out") == [Prepared("train", 1, 2)]
    assert read(tmp_path / "out", "train")[0]["video_id"] == ["b1"]
    with pytest.raises(BenchmarkError, match=r"video 'a0': .*00005\.jpg"):
        prepare("refer_youtube_vos", root, ["train"], tmp_path / "strict", strict=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "out", "tree"]  # nothing half written


def test_what_cannot_be_written(trees, tmp_path: Path) -> None:
    root = trees.refer_youtube_vos(tmp_path / "tree")
    with pytest.raises(FileExistsError, match="expected a new or an empty folder"):
        prepare("refer_youtube_vos", root, ["train"], root)
    for splits in ([], ["a-b", "a_b"]):
        with pytest.raises(ValueError, match="splits: expected one or more of different names, got"):
            prepare("refer_youtube_vos", root, splits, tmp_path / "out")


@pytest.mark.parametrize(
    ("split", "name"), [("testA", "testA"), ("test-unseen", "test_unseen"), (":", "whole"), ("all", "whole")]
)
def test_names_of_splits_on_the_hub(split: str, name: str) -> None:
    assert hub_split(split) == name


@pytest.mark.slow  # a client of the Hub is a process of its own, which imports everything anew
def test_the_hub_gives_back_what_was_pushed(trees, tmp_path: Path, loopback_hub) -> None:
    prepare("ref_davis17", trees.ref_davis17(tmp_path / "tree"), ["valid"], tmp_path / "out")
    code = """
import json, sys
from datasets import load_dataset
from huggingface_hub import HfApi
from refsam_hf.benchmarks import decode_masks, load_benchmark
from refsam_hf.benchmarks.parquet import push

push(sys.argv[1], "tester/davis")
push(sys.argv[1], "tester/davis")  # nothing has changed
videos, expressions = (
    load_dataset("tester/davis", table, split="valid", cache_dir=sys.argv[2]) for table in ("videos", "expressions")
)
images = [(image.size, image.getpixel((0, 0))) for image in videos[0]["frames"]]
rows = load_benchmark("ref_davis17", "hf://datasets/tester/davis", "valid")  # the same from the Hub
masks = decode_masks(rows[3])[0].astype(int).tolist()
private = HfApi().repo_info("tester/davis", repo_type="dataset").private
print(json.dumps([list(videos["video_id"]), expressions[3], images, private, rows[3]["expression"], masks]))
"""
    said = loopback_hub.run(code, tmp_path / "out", tmp_path / "cache", timeout=400)
    videos, row, images, private, text, loaded = json.loads(said.splitlines()[-1])
    assert videos == ["classic-car", "dogs"]
    assert (row["expression"], row["annotator"], row["object_ids"]) == ("the box était là 1", 3, [1])
    np.testing.assert_array_equal([decode_rle(mask) for mask in row["masks"]], trees.labels(4) == 1)
    assert [size for size, _ in images] == [[trees.WIDTH, trees.HEIGHT]] * 4
    np.testing.assert_allclose([pixel for _, pixel in images], trees.pictures(4)[:, 0, 0], atol=2)
    assert private
    assert text == row["expression"]
    np.testing.assert_array_equal(loaded, trees.labels(4) == 1)
    assert "videos/valid-00000.parquet" in loopback_hub.files("tester/davis", "datasets")
