"""RefCOCO, RefCOCO+ and RefCOCOg: both layouts, and pickles that are not to be trusted."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from refsam_hf.benchmarks import decode_masks, decode_row, load_benchmark
from refsam_hf.benchmarks.json_masks import COLUMNS
from refsam_hf.benchmarks.problems import BenchmarkError, BenchmarkWarning
from refsam_hf.benchmarks.rows import row_features
from refsam_hf.video import VideoError

NAME = "refcoco"
OWN = ("frames_dir", "masks", "mask_spans", "expression_id")  # what differs between the layouts


class Evil:
    def __reduce__(self):
        return os.mkdir, ("run",)


@pytest.fixture
def root(trees, tmp_path: Path) -> Path:
    return trees.refcoco(tmp_path / "coco")


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("name", ["refcoco", "refcoco+", "refcocog"])
def test_rows_follow_the_schema(trees, tmp_path: Path, name: str, protocol: int) -> None:
    root = trees.refcoco(tmp_path, name, protocol=protocol)
    rows = load_benchmark(name, root, "train")
    assert rows.features == row_features(COLUMNS)
    row = dict(rows[0])
    assert len(row.pop("mask_spans")) == 2
    assert row == {
        "benchmark": name,
        "split": "train",
        "video_id": "57",
        "expression_id": "10",
        "expression": "upper box",
        "object_ids": [571],
        "annotator": 0,
        "frames_dir": str(root / "images" / "mscoco" / "images" / "train2014"),
        "frame_names": ["COCO_train2014_000000000057"],
        "masks": str(root / name / "instances.json"),
        "mask_frames": ["COCO_train2014_000000000057"],
    }
    assert rows["expression"] == ["upper box", "box on top", "the lower box"]
    last = trees.REFCOCO_SPLITS[name][1]
    assert load_benchmark(name, root, last)["expression"] == ["the box that is left"]


def test_polygons_and_runs_are_decoded(root: Path, trees) -> None:
    upper, _, lower = load_benchmark(NAME, root, "train")
    for row, label in ((upper, 1), (lower, 2)):
        decoded = decode_row(row)
        np.testing.assert_allclose(decoded["frames"].astype(int), trees.pictures(2)[1:], atol=2)
        np.testing.assert_array_equal(decoded["masks"], (trees.labels(2) == label)[1:])
        assert not decoded["void"].any()


def test_the_converted_layout_gives_the_same_rows(root: Path, trees, tmp_path: Path) -> None:
    converted = load_benchmark(NAME, trees.refcoco_converted(tmp_path / "converted"), "train")
    rows = load_benchmark(NAME, root, "train")
    assert converted["expression_id"] == ["2", "3", "1"]
    assert converted.remove_columns(OWN).to_list() == rows.remove_columns(OWN).to_list()
    for row, other in zip(rows, converted, strict=True):
        np.testing.assert_array_equal(decode_row(row)["masks"], decode_row(other)["masks"])
    assert converted[0]["frames_dir"] == str(tmp_path / "converted" / "train2014")


def test_a_pickle_that_runs_code_is_refused_and_not_run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = root / NAME / "refs(unc).p"
    refs = pickle.loads(path.read_bytes())
    for content in (Evil(), [*refs, {"split": "train", "sentences": Evil()}]):
        for protocol in range(6):
            path.write_bytes(pickle.dumps(content, protocol=protocol))
            with pytest.raises(BenchmarkError, match=r"refs\(unc\)\.p: expected a pickle of plain .*mkdir"):
                load_benchmark(NAME, root, "train")
    assert not Path("run").exists()
    pickle.loads(path.read_bytes())  # it would have
    assert Path("run").exists()


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(np.float64(3)),
        pickle.dumps(json.JSONDecoder),
        b"cos\nsystem\n(S'true'\ntR.",
        b"P0\n.",
        b"",
        b"nonsense",
        pickle.dumps([{"split": "train"}])[:-4],
    ],
)
def test_a_pickle_with_anything_else_or_damage(root: Path, data: bytes) -> None:
    (root / NAME / "refs(unc).p").write_bytes(data)
    with pytest.raises(BenchmarkError, match=r"refs\(unc\)\.p: expected a pickle of plain lists, dicts, te"):
        load_benchmark(NAME, root, "train")


@pytest.mark.parametrize("content", [{}, "text", [1], [[]]])
def test_a_pickle_of_another_form(root: Path, content: object) -> None:
    (root / NAME / "refs(unc).p").write_bytes(pickle.dumps(content))
    with pytest.raises(BenchmarkError, match=r"refs\(unc\)\.p: expected a list of dicts"):
        load_benchmark(NAME, root, "train")


def test_an_unknown_split_and_another_division(root: Path, trees) -> None:
    with pytest.raises(BenchmarkError, match=r"split: expected one of testA, train, as in .*unc.*, got 'test'"):
        load_benchmark(NAME, root, "test")
    with pytest.raises(FileNotFoundError, match=r"expected the file refcoco/refs\(google\)\.p, got none"):
        load_benchmark(NAME, root, "train", split_by="google")
    (root / NAME / "refs(unc).p").rename(root / NAME / "refs(google).p")
    assert len(load_benchmark(NAME, root, "train", split_by="google")) == 3
    with pytest.raises(FileNotFoundError, match=r"(?s)refcoco/instances_refcoco_train\.json, got none; .*or, conv"):
        load_benchmark(NAME, root, "train")


@pytest.mark.parametrize("name", ["refcoco/instances.json", "images"])
def test_a_missing_part(root: Path, name: str) -> None:
    (root / name).rename(root / "elsewhere")
    expected = r"expected the (file refcoco/instances\.json|folder train2014 or images/train2014 or images/.*), got"
    with pytest.raises(FileNotFoundError, match=expected):
        load_benchmark(NAME, root, "train")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ann_id": 99}, "57: ref 1: expected the annotation 99 in .*instances.json, got none"),
        ({"image_id": 99}, "99: ref 1: expected the image 99 in"),
        ({"image_id": None}, "ref 1, image_id: expected a whole number"),
        ({"sentences": None}, "expected a list as 'sentences', got NoneType"),
        ({"sentences": [{"sent_id": 1, "sent": " "}]}, "sentence 1: expected words, got ' '"),
    ],
)
def test_a_ref_with_a_problem_is_left_out(root: Path, change: dict[str, object], message: str) -> None:
    path = root / NAME / "refs(unc).p"
    refs = pickle.loads(path.read_bytes())
    refs[1].update(change)
    path.write_bytes(pickle.dumps(refs))
    with pytest.warns(BenchmarkWarning, match=message):
        assert load_benchmark(NAME, root, "train")["video_id"] == ["581"]


@pytest.mark.parametrize("file_name", ["../../secret.jpg", "/etc/hosts", "COCO_train2014_000000000058.jpg"])
def test_an_image_that_is_elsewhere_or_missing(root: Path, file_name: str) -> None:
    path = root / NAME / "instances.json"
    content = json.loads(path.read_text())
    content["images"][0]["file_name"] = file_name
    path.write_text(json.dumps(content))
    with pytest.warns(BenchmarkWarning, match="file name of the image: expected a plain|expected the image COCO_"):
        assert load_benchmark(NAME, root, "train")["video_id"] == ["581"]


@pytest.mark.parametrize("value", [{"annotations": {}}, {"images": [3]}, {"annotations": [{"id": "x"}]}])
def test_instances_of_another_form(root: Path, value: dict[str, object]) -> None:
    path = root / NAME / "instances.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | value))
    with pytest.raises(BenchmarkError, match=r"instances\.json"):
        load_benchmark(NAME, root, "train")


def test_a_segmentation_that_is_none(root: Path) -> None:
    path = root / NAME / "instances.json"
    content = json.loads(path.read_text())
    content["annotations"][0]["segmentation"] = [[1, 2]]
    path.write_text(json.dumps(content))
    row = load_benchmark(NAME, root, "train")[0]
    with pytest.raises(VideoError, match=r"video '57' of refcoco: frame 'COCO_.*57': mask: .*three corners or more"):
        decode_masks(row)


def test_an_image_without_its_annotation_in_the_converted_layout(trees, tmp_path: Path) -> None:
    root = trees.refcoco_converted(tmp_path)
    path = root / NAME / "instances_refcoco_train.json"
    content = json.loads(path.read_text())
    content["annotations"] = content["annotations"][1:]
    path.write_text(json.dumps(content))
    with pytest.warns(BenchmarkWarning, match="video 581: image 1: expected an annotation, got none"):
        assert load_benchmark(NAME, root, "train")["video_id"] == ["57", "57"]
