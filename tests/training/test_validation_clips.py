"""What is validated on: the datasets that the configuration names, videos whole, masks not hidden."""

import pytest

from refsam_hf import benchmarks
from refsam_hf.training.config import TrainingConfig
from refsam_hf.training.config_reading import from_mapping
from refsam_hf.training.validation_clips import VideoRows, validation_clips


@pytest.fixture
def configured(options, own_clips):
    own_clips("walk", frames=10)
    root = str(own_clips("run", frames=10))

    def make(*validation):
        named = [{"root": root, **dataset} if dataset["name"] == "own_clips" else dataset for dataset in validation]
        return from_mapping(TrainingConfig, {**options, "validation": named})

    return make


def test_shapes_unless_something_else_is_named(options):
    ((clip, expressions),) = validation_clips(from_mapping(TrainingConfig, options))
    assert clip.frames.shape == (2, 48, 48, 3)
    assert len(expressions) == 2


def test_rows_come_video_by_video(configured):
    own = {"name": "own_clips", "frames": "50%:"}
    clips = list(validation_clips(configured(own, {"name": "shapes"}, {**own, "videos": 1})))
    assert [clip.dataset if isinstance(clip, VideoRows) else "shapes" for clip in clips] == [
        "own_clips", "own_clips", "shapes", "own_clips_2",
    ]  # fmt: skip
    assert [row["expression_id"] for row in clips[0].rows] == ["0", "1", "2", "3"]
    assert {row["video_id"] for row in clips[0].rows} == {"run"}
    assert clips[0].rows[0]["frame_names"] == ["00005", "00006", "00007", "00008", "00009"]


def test_hidden_masks(configured, monkeypatch):
    load = benchmarks.load_benchmark
    hide = lambda *given, **options: load(*given, **options).map(lambda row: {"masks": ""})  # noqa: E731
    monkeypatch.setattr(benchmarks, "load_benchmark", hide)
    with pytest.raises(ValueError, match="expected masks to validate with, got video 'run' of own_clips"):
        list(validation_clips(configured({"name": "own_clips"})))
