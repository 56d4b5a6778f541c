"""Ref-DAVIS17: both layouts give the same rows; the four annotators."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks import decode_masks, decode_row, image_folders, load_benchmark
from refsam_hf.benchmarks.problems import BenchmarkError, BenchmarkWarning
from refsam_hf.benchmarks.rows import row_features
from refsam_hf.video.image_files import read_label_map

NAME = "ref_davis17"


@pytest.fixture
def converted(trees, tmp_path: Path) -> Path:
    return trees.ref_davis17(tmp_path / "converted")


@pytest.fixture
def release(trees, tmp_path: Path) -> Path:
    return trees.ref_davis17_release(tmp_path / "release")


def test_rows_follow_the_schema(converted: Path) -> None:
    rows = load_benchmark(NAME, converted, "valid")
    assert rows.features == row_features()
    assert len(rows) == 2 * 2 * 4
    assert rows[13] == {
        "benchmark": NAME,
        "split": "valid",
        "video_id": "dogs",
        "expression_id": "5",
        "expression": "the box that goes right 2",
        "object_ids": [2],
        "annotator": 1,
        "frames_dir": str(converted / "valid" / "JPEGImages" / "dogs"),
        "frame_names": ["00000", "00001", "00002"],
        "masks": str(converted / "valid" / "Annotations" / "dogs"),
    }
    assert rows["annotator"] == [0, 1, 2, 3] * 4
    assert rows["object_ids"] == ([[1]] * 4 + [[2]] * 4) * 2


def test_the_release_gives_the_same_rows(converted: Path, release: Path) -> None:
    places = ("frames_dir", "masks")
    rows = [load_benchmark(NAME, root, "valid", strict=True) for root in (converted, release)]
    assert rows[0].remove_columns(places).to_list() == rows[1].remove_columns(places).to_list()
    assert rows[1][0]["frames_dir"] == str(release / "DAVIS" / "JPEGImages" / "480p" / "classic-car")
    assert rows[1][0]["masks"] == str(release / "DAVIS" / "Annotations_unsupervised" / "480p" / "classic-car")
    assert rows[1][3]["expression"] == "the box était là 1"


@pytest.mark.parametrize("layout", ["converted", "release"])
def test_a_row_is_decoded_to_its_target(layout: str, request: pytest.FixtureRequest, trees) -> None:
    rows = load_benchmark(NAME, request.getfixturevalue(layout), "valid")
    for row in (rows[0], rows[7]):
        decoded = decode_row(row)
        np.testing.assert_allclose(decoded["frames"].astype(int), trees.pictures(4), atol=2)
        np.testing.assert_array_equal(decoded["masks"], trees.labels(4) == row["object_ids"][0])
        np.testing.assert_array_equal(decoded["void"], trees.labels(4) == 255)


def test_void_is_never_an_object(converted: Path) -> None:
    """The protocol asks for all labels up to 254, and must not be given what is void."""
    row = load_benchmark(NAME, converted, "valid")[0] | {"object_ids": list(range(1, 256))}
    masks, void = decode_masks(row)
    assert not (masks & void).any()
    assert void.any()


def test_a_label_map_is_decoded_once_for_all_of_its_objects(converted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[Path] = []
    monkeypatch.setattr(image_folders, "read_label_map", lambda path: decoded.append(path) or read_label_map(path))
    row = load_benchmark(NAME, converted, "valid")[0]
    masks = [decode_masks(row | {"object_ids": [label]})[0] for label in (1, 2, 3)]
    assert len(decoded) == len(row["frame_names"]) == 4
    path = Path(row["masks"]) / "00001.png"
    image = Image.open(path)
    image.putdata([3] * (image.width * image.height))
    image.save(path)
    assert decode_masks(row | {"object_ids": [3]})[0][1].all()  # what was changed is read again
    assert not masks[2].any()


def test_an_expression_that_is_true_of_nothing_has_no_label(converted: Path) -> None:
    path = converted / "meta_expressions" / "valid" / "meta_expressions.json"
    content = json.loads(path.read_text())
    content["videos"]["dogs"]["expressions"]["5"]["obj_id"] = None  # as `refsam shapes` writes it
    path.write_text(json.dumps(content))
    with pytest.warns(BenchmarkWarning, match="'dogs': expression '5', obj_id: expected a whole number from 1 to 254"):
        assert set(load_benchmark(NAME, converted, "valid")["video_id"]) == {"classic-car"}


def test_objects_of_the_release_are_in_the_order_of_texts(release: Path) -> None:
    for path in (release / "davis_text_annotations").iterdir():
        lines = [f'dogs {label} "box {label}"' for label in (2, 10, 1)]
        path.write_text("\n".join([*lines, 'clasic-car 1 "box"']))
    rows = load_benchmark(NAME, release, "valid", strict=True)
    shown = [(row["expression_id"], row["object_ids"]) for row in rows if row["video_id"] == "dogs"]
    assert shown[::4] == [("0", [1]), ("4", [10]), ("8", [2])]


def test_the_annotations_of_the_semi_supervised_track_serve_too(release: Path) -> None:
    (release / "DAVIS" / "Annotations_unsupervised").rename(release / "DAVIS" / "Annotations")
    assert "/DAVIS/Annotations/480p/" in load_benchmark(NAME, release, "valid")[0]["masks"]


@pytest.mark.parametrize(
    "name",
    [
        "davis_text_annotations/Davis17_annot2.txt",
        "DAVIS/ImageSets/2017/val.txt",
        "DAVIS/JPEGImages",
        "DAVIS/Annotations_unsupervised",
    ],
)
def test_a_missing_part_of_the_release(release: Path, name: str) -> None:
    (release / name).rename(release / "elsewhere")
    with pytest.raises(FileNotFoundError, match=rf"(?s)expected the (file|folder) {name}.*or, as released"):
        load_benchmark(NAME, release, "valid")


def test_neither_layout(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"(?s)expected the file meta_expressions/valid.*or, as released"):
        load_benchmark(NAME, tmp_path, "valid")


def test_one_bad_video_of_the_release_is_left_out(release: Path) -> None:
    path = release / "davis_text_annotations" / "Davis17_annot1.txt"
    path.write_text(path.read_text() + 'dogs 1 "once more"\n')
    with pytest.warns(BenchmarkWarning, match=r"'dogs': .*annot1\.txt, line 6: expected each object once, got '1' tw"):
        assert set(load_benchmark(NAME, release, "valid")["video_id"]) == {"classic-car"}
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if "once" not in line))
    listed = release / "DAVIS" / "ImageSets" / "2017" / "val.txt"
    listed.write_text(listed.read_text() + "unknown\n../../elsewhere\n")
    with pytest.warns(BenchmarkWarning, match="2 videos: .*plain name, without a path.*'unknown': expected expressio"):
        assert len(load_benchmark(NAME, release, "valid")) == 16


def test_a_line_that_is_none(release: Path) -> None:
    path = release / "davis_text_annotations" / "Davis17_annot1.txt"
    path.write_text('dogs 1 "a"\nnonsense\n')
    with pytest.raises(BenchmarkError, match=r'annot1\.txt, line 2: expected VIDEO OBJECT "WORDS", got \'nonsense\''):
        load_benchmark(NAME, release, "valid")
    path.write_bytes(b'dogs 1 "\xe9"\n')
    with pytest.raises(BenchmarkError, match=r"annot1\.txt: expected text in utf-8"):
        load_benchmark(NAME, release, "valid")


def test_an_unknown_split(converted: Path) -> None:
    with pytest.raises(BenchmarkError, match="split: expected one of train, valid, got 'val'"):
        load_benchmark(NAME, converted, "val")


def test_an_expression_id_that_is_no_number(converted: Path) -> None:
    path = converted / "meta_expressions" / "valid" / "meta_expressions.json"
    path.write_text(path.read_text().replace('"5"', '"five"', 1))
    with pytest.warns(BenchmarkWarning, match="id of an expression: expected a whole number .*, got 'five'"):
        assert set(load_benchmark(NAME, converted, "valid")["video_id"]) == {"classic-car"}
