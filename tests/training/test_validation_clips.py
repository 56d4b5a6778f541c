"""What is validated on: the datasets that the configuration names, videos whole, masks not hidden."""

import pytest

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


@pytest.mark.parametrize(("videos", "names"), [(None, ["classic-car", "dogs"]), (1, ["classic-car"])])
def test_the_annotators_of_a_video_come_one_after_the_other(configured, trees, tmp_path, videos, names):
    """Of each object there are four expressions in a row, by one annotator each."""
    trees.ref_davis17(tmp_path / "tree")
    davis = {"name": "ref_davis17", "root": str(tmp_path / "tree"), "split": "valid", "videos": videos}
    clips = list(validation_clips(configured(davis)))
    assert [clip.rows[0]["video_id"] for clip in clips] == [name for name in names for _ in range(4)]
    for number, clip in enumerate(clips):
        assert {row["annotator"] for row in clip.rows} == {number % 4}
        assert [row["object_ids"] for row in clip.rows] == [[1], [2]]


def test_hidden_masks(configured, trees, tmp_path):
    trees.refer_youtube_vos(tmp_path / "tree")
    with pytest.raises(ValueError, match="expected masks to validate with, got video 'v0' of refer_youtube_vos"):
        list(
            validation_clips(
                configured({"name": "refer_youtube_vos", "root": str(tmp_path / "tree"), "split": "valid"})
            )
        )
