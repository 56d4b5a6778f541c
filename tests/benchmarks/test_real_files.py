"""The counts of the published files, where they are at hand: REFSAM_BENCHMARKS names a folder that holds them.

The same code runs on small trees of the same format in the other tests.
"""

import json
import os
from pathlib import Path

import pytest

from refsam_hf.benchmarks import load_benchmark

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
