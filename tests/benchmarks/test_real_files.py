"""The counts of the published files, where they are at hand: REFSAM_BENCHMARKS names a folder that holds them.

The same code runs on small trees of the same format in the other tests.
"""

import json
import os
from pathlib import Path

import pytest

from refsam_hf.benchmarks import decode_row, load_benchmark

REAL = Path(os.environ.get("REFSAM_BENCHMARKS", ""))
if "REFSAM_BENCHMARKS" not in os.environ:
    pytest.skip("REFSAM_BENCHMARKS names no folder of published files", allow_module_level=True)


def test_refer_youtube_vos(tmp_path: Path) -> None:
    folder = REAL / "ref_youtube_vos"
    videos = json.loads((folder / "meta_expressions_valid_and_test.json").read_text())["videos"]
    of_valid = set(json.loads((folder / "valid_video_ids_202.json").read_text()))
    for split, listed in (("valid", set(videos)), ("test", set(videos) - of_valid)):
        path = tmp_path / "meta_expressions" / split / "meta_expressions.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"videos": {video: videos[video] for video in listed}}))
    for name, video in videos.items():  # frames are listed, not opened
        (tmp_path / "valid" / "JPEGImages" / name).mkdir(parents=True)
        for frame in video["frames"]:
            (tmp_path / "valid" / "JPEGImages" / name / f"{frame}.jpg").touch()
    valid, test = (load_benchmark("refer_youtube_vos", tmp_path, split, strict=True) for split in ("valid", "test"))
    assert set(valid["video_id"]) == of_valid
    assert len(of_valid) == 202
    assert len(set(valid["video_id"]) | set(test["video_id"])) == 507
    assert len(valid) + len(test) == 2096
    assert all(text == " ".join(text.lower().split()) for text in valid["expression"])


def test_ref_davis17_in_both_layouts(tmp_path: Path) -> None:
    """The converted file as it is, and the four text files of the release written from it."""
    content = json.loads((REAL / "ref_davis17" / "meta_expressions.json").read_text())
    converted, davis = tmp_path / "converted", tmp_path / "release" / "DAVIS"
    path = converted / "meta_expressions" / "valid" / "meta_expressions.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content))
    for name, video in content["videos"].items():  # frames are listed, not opened
        for folder, suffix in (
            (converted / "valid" / "JPEGImages", ".jpg"),
            (converted / "valid" / "Annotations", ".png"),
            (davis / "JPEGImages" / "480p", ".jpg"),
            (davis / "Annotations" / "480p", ".png"),
        ):
            (folder / name).mkdir(parents=True)
            for frame in video["frames"]:
                (folder / name / f"{frame}{suffix}").touch()
    (davis / "ImageSets" / "2017").mkdir(parents=True)
    (davis / "ImageSets" / "2017" / "val.txt").write_text("\n".join(content["videos"]))
    texts = tmp_path / "release" / "davis_text_annotations"
    texts.mkdir()
    for annotator, file in enumerate(("annot1", "annot1_full_video", "annot2", "annot2_full_video")):
        lines = [
            f'{name} {entry["obj_id"]} "{entry["exp"]}"'
            for name, video in content["videos"].items()
            for key, entry in video["expressions"].items()
            if int(key) % 4 == annotator
        ]
        encoding = "latin-1" if "annot2" in file else "utf-8"
        (texts / f"Davis17_{file}.txt").write_text("\n".join(lines), encoding=encoding)

    rows = load_benchmark("ref_davis17", converted, "valid", strict=True)
    released = load_benchmark("ref_davis17", tmp_path / "release", "valid", strict=True)
    assert len(rows) == 244
    assert len(set(rows["video_id"])) == 30
    assert [rows["annotator"].count(annotator) for annotator in range(4)] == [61] * 4
    places = ("frames_dir", "masks")
    assert rows.remove_columns(places).to_list() == released.remove_columns(places).to_list()


def test_ref_davis17_mini_is_decoded() -> None:
    rows = load_benchmark("ref_davis17", REAL / "ref_davis17_mini", "valid", strict=True)
    assert [(row["video_id"], row["annotator"], len(row["frame_names"])) for row in rows] == [
        *[("car-shadow", annotator, 40) for annotator in range(4)],
        *[("libby", annotator, 49) for annotator in range(4)],
    ]
    for row in (rows[0], rows[7]):
        decoded = decode_row(row)
        assert decoded["frames"].shape[:3] == decoded["masks"].shape == decoded["void"].shape
        assert decoded["masks"].any(axis=(1, 2)).mean() > 0.9


def test_the_texts_of_a2d_sentences(tmp_path: Path) -> None:
    """The published sentences, with masks of every instance that they name in one frame of its video."""
    import csv

    import h5py
    import numpy as np

    source = REAL / "a2d_sentences" / "a2d_annotation_with_short_query.txt"
    texts = tmp_path / "text_annotations"
    (tmp_path / "Release" / "clips320H").mkdir(parents=True)
    texts.mkdir()
    (texts / "a2d_annotation.txt").write_bytes(source.read_bytes())
    (texts / "a2d_missed_videos.txt").write_text("")
    with source.open(newline="") as file:
        sentences = list(csv.DictReader(file))
    instances: dict[str, set[int]] = {}
    for line in sentences:
        if line["instance_id"] != "1 (copy)":
            instances.setdefault(line["video_id"], set()).add(int(line["instance_id"]))
    (tmp_path / "Release" / "videoset.csv").write_text("\n".join(f"{video},1" for video in instances))
    for video, ids in instances.items():
        (tmp_path / "Release" / "clips320H" / f"{video}.mp4").touch()
        folder = texts / "a2d_annotation_with_instances" / video
        folder.mkdir(parents=True)
        with h5py.File(folder / "00030.h5", "w") as file:
            file["instance"] = np.array(sorted(ids))
    rows = load_benchmark("a2d_sentences", tmp_path, "test", strict=True)
    assert len(rows) == len(sentences) - 1 == 6654
    assert len(set(rows["video_id"])) == len(instances)


def test_the_metadata_of_jhmdb_sentences(tmp_path: Path) -> None:
    source = REAL / "jhmdb_sentences" / "jhmdb_sentences_samples_metadata.json"
    (tmp_path / source.name).write_bytes(source.read_bytes())
    for _, frame, masks, _, _ in json.loads(source.read_text()):
        for path in (frame, masks):
            place = tmp_path / path.removeprefix("./jhmdb_sentences/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
    rows = load_benchmark("jhmdb_sentences", tmp_path, "test", strict=True)
    assert len(rows) == 928
    assert sum(len(row["frame_names"]) for row in rows) == 2784
