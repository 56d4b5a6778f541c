import json

import numpy as np
import pytest

from refsam_hf import cli
from refsam_hf.benchmarks import decode_masks, load_benchmark, parquet
from refsam_hf.evaluation.predictions.coco_json import image_id
from refsam_hf.video.rle import encode_rle


@pytest.fixture
def root(trees, tmp_path):
    return trees.refer_youtube_vos(tmp_path / "tree")


def test_it_writes_the_splits_asked_for(root, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["prepare", "refer_youtube_vos", str(root), "--split", "train", "valid", "--output", str(out)]
    assert cli.main(command) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [f"wrote {out}, {split}: 2 videos, 4 expressions" for split in ("train", "valid")]
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "expressions", "videos"]
    assert cli.main(command) == 2
    assert "expected a new or an empty folder" in capsys.readouterr().err


def test_it_pushes_what_it_wrote(root, tmp_path, capsys, monkeypatch):
    pushed = []
    monkeypatch.setattr(parquet, "push", lambda folder, repo: pushed.append((folder, repo)) or f"https://hub/{repo}")
    options = ["--split", "train", "--output", str(tmp_path / "out"), "--push", "me/data"]
    assert cli.main(["prepare", "refer_youtube_vos", str(root), *options]) == 0
    assert pushed == [(str(tmp_path / "out"), "me/data")]
    assert capsys.readouterr().out.splitlines()[-1] == "pushed https://hub/me/data"


def test_bad_input_is_one_line_and_a_bad_video_a_warning(root, tmp_path, capsys):
    options = ["--split", "train", "--output", str(tmp_path / "out")]
    assert cli.main(["prepare", "imagenet", str(root), *options]) == 2
    assert "refsam: error: benchmark: expected one of a2d_sentences, jhmdb_sentences" in capsys.readouterr().err
    assert cli.main(["prepare", "mevis", str(root), *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    path = root / "meta_expressions" / "train" / "meta_expressions.json"
    content = json.loads(path.read_text())
    content["videos"]["a0"]["frames"] = []
    path.write_text(json.dumps(content))
    assert cli.main(["prepare", "refer_youtube_vos", str(root), *options, "--strict"]) == 2
    assert "video 'a0': expected the names of its frames, got none" in capsys.readouterr().err
    assert cli.main(["prepare", "refer_youtube_vos", str(root), *options]) == 0
    assert "refsam: warning: refer_youtube_vos train: left out" in capsys.readouterr().err


def test_what_was_prepared_is_scored_by_the_same_command(trees, tmp_path, capsys):
    """RefCOCOg of Google's division; the predictions are moved, so that scores are no trivial numbers."""
    root, out, report = (
        trees.refcoco(tmp_path / "tree", "refcocog", split_by="google"),
        tmp_path / "out",
        tmp_path / "r",
    )
    option = ["--option", "split_by=google"]
    assert cli.main(["prepare", "refcocog", str(root), "--split", "val", "--output", str(out), *option]) == 0
    (row,) = load_benchmark("refcocog", root, "val", split_by="google")
    moved = encode_rle(np.roll(decode_masks(row)[0][0], 2, axis=1))
    found = [{"image_id": image_id(row, row["frame_names"][0]), "segmentation": moved, "score": 1.0}]
    (tmp_path / "found.json").write_text(json.dumps(found))
    scores = []
    for place in ([str(root), *option], [str(out)]):
        words = [
            "evaluate",
            "--benchmark",
            "refcocog",
            "--split",
            "val",
            "--from-predictions",
            str(tmp_path / "found.json"),
        ]
        assert cli.main([*words, "--json", str(report), "--root", *place]) == 0
        scores.append(json.loads(report.read_text())["scores"])
    assert scores[0] == scores[1]
    assert 0.3 < scores[0]["all"]["overall_iou"] < 0.9
    capsys.readouterr()
    assert cli.main([*words, "--root", str(out), *option]) == 2
    assert "refcocog: expected split_by when it is prepared (refsam prepare), but" in capsys.readouterr().err


def test_options_say_what_is_drawn(tmp_path, capsys):
    words = ["prepare", "shapes", "--split", "val", "--output", str(tmp_path / "out"), "--option"]
    drawn = ["num_clips=1", "num_frames=2", "size=[48, 64]", "kinds=[appearance]"]
    assert cli.main([*words, *drawn]) == 0
    row = load_benchmark("shapes", tmp_path / "out", "val")[0]
    assert (row["kind"], decode_masks(row)[0].shape) == ("appearance", (2, 48, 64))
    assert cli.main([*words, "num_clip=1"]) == 2
    assert "got num_clip (did you mean num_clips?)" in capsys.readouterr().err
