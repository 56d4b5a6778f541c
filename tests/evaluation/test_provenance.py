import os
import subprocess
from pathlib import Path

import torch

import refsam_hf
from refsam_hf.evaluation import provenance
from refsam_hf.evaluation.provenance import git_commit, listing_sha256, rows_sha256, versions, weights_sha256


def test_versions_are_those_of_what_runs():
    found = versions()
    assert found["refsam_hf"] == refsam_hf.__version__
    assert found["torch"] == torch.__version__
    assert set(found) >= {"python", "transformers", "datasets", "numpy", "Pillow", "av", "pycocotools"}


def test_the_commit_is_that_of_a_checkout_that_holds_the_package(tmp_path, monkeypatch):
    def git(*words):
        options = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        return subprocess.run(
            ["git", *options, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    package = tmp_path / "refsam_hf" / "evaluation"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("")
    monkeypatch.setattr(provenance, "__file__", str(package / "provenance.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit() is None
    git("init", "-q")
    assert git_commit() is None  # a checkout around it that does not hold it
    git("add", ".")
    git("commit", "-qm", "one")
    commit = git("rev-parse", "HEAD").strip()
    assert git_commit() == commit
    (package.parent / "__init__.py").write_text("changed")
    assert git_commit() == f"{commit}-changed"


def test_the_hash_of_weights_sees_values_and_not_files(tiny_model, tmp_path):
    model = tiny_model()
    first = weights_sha256(model)
    model.save_pretrained(tmp_path)
    assert weights_sha256(type(model).from_pretrained(tmp_path)) == first
    with torch.no_grad():
        next(iter(model.parameters())).flatten()[0] += 1e-3
    assert weights_sha256(model) != first


def test_the_hash_of_rows_sees_what_is_asked_and_not_where_it_lies(make_row):
    row = make_row("0", [1])
    first = rows_sha256([row])
    assert rows_sha256([row | {"frames_dir": "elsewhere", "masks": "there"}]) == first
    for change in ({"expression": "another"}, {"object_ids": [2]}, {"frame_names": ["1"]}, {"annotator": 3}):
        assert rows_sha256([row | change]) != first


def test_the_hash_of_a_folder_sees_a_changed_file(tmp_path: Path):
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "b"
    file.write_text("one")
    first = listing_sha256(tmp_path)
    assert listing_sha256(tmp_path) == first
    os.utime(file, ns=(1, 1))
    assert listing_sha256(tmp_path) != first
    assert listing_sha256(file) != first
