"""Datasets of a configuration: loaded when they are asked for, once, and never empty."""

import pytest

from refsam_hf import benchmarks
from refsam_hf.training.datasets import DatasetConfig


def test_rows_are_loaded_once_with_their_range_of_frames(own_clips, monkeypatch):
    root = own_clips("walk", frames=8)
    loads = []
    load = benchmarks.load_benchmark
    monkeypatch.setattr(benchmarks, "load_benchmark", lambda *given, **options: loads.append(given) or load(*given))
    first, whole = (
        DatasetConfig("own_clips", root=str(root), frames=":50%"),
        DatasetConfig("own_clips", root=str(root)),
    )
    with pytest.warns(UserWarning, match="blue square"):
        assert first.rows[0]["frame_names"] == ["00000", "00001", "00002", "00003"]
    assert len(first.rows) == 3
    assert len(whole.rows[0]["frame_names"]) == 8
    assert loads == [("own_clips", str(root), ":50%"), ("own_clips", str(root), ":")]


def test_other_benchmarks_are_loaded_by_their_split_and_options(monkeypatch):
    asked = []
    monkeypatch.setattr(benchmarks, "load_benchmark", lambda *given, **options: asked.append((given, options)) or [1])
    config = DatasetConfig("mevis", root="there", split="valid_u", options={"allow_links": True})
    assert config.rows == [1]
    assert asked == [(("mevis", "there", "valid_u"), {"strict": True, "allow_links": True})]


def test_no_rows(monkeypatch):
    monkeypatch.setattr(benchmarks, "load_benchmark", lambda *given, **options: [])
    with pytest.raises(ValueError, match=r"^there: expected rows of mevis, split 'train', got none$"):
        _ = DatasetConfig("mevis", root="there", split="train").rows


def test_options_are_checked_before_anything_is_loaded():
    config = DatasetConfig("refcocog", root="there", split="val", options={"split_bye": "google"})
    with pytest.raises(ValueError, match=r"^a\.options: expected options out of split_by, .*, got split_bye \(did"):
        config.check("a")
    DatasetConfig("refcocog", root="there", split="val", options={"split_by": "google", "strict": False}).check("a")
