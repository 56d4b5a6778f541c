import json

import pytest

from refsam_hf import cli
from refsam_hf.benchmarks import parquet


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
