import re
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from refsam_hf.benchmarks.rows import row_features
from refsam_hf.benchmarks.shapes import SceneConfig, dataset, decode_row, decode_rows, generate_clip, load_shapes


def _load(**changes: Any) -> Any:
    arguments: dict[str, Any] = {"num_clips": 3, "num_frames": 2, "size": (48, 64)} | changes
    return load_shapes("val", **arguments)


def test_rows_follow_the_schema() -> None:
    rows = _load(seed=4)
    assert rows.features == row_features({"kind": "string"})
    clip = generate_clip("val", 0, seed=4, num_frames=2, size=(48, 64))
    uri = "shapes://val?seed=4&index=0&frames=2&height=48&width=64"
    assert rows[1] == {
        "benchmark": "shapes",
        "split": "val",
        "video_id": "val-4-000000",
        "expression_id": "1",
        "expression": clip.expressions[1].text,
        "object_ids": list(clip.expressions[1].object_ids),
        "annotator": 0,
        "frames_dir": uri,
        "frame_names": ["00000", "00001"],
        "masks": uri,
        "kind": "appearance",
    }


def test_there_is_a_row_for_every_expression() -> None:
    expected = [
        expression.text
        for index in range(3)
        for expression in generate_clip("val", index, num_frames=2, size=(48, 64)).expressions
    ]
    assert list(_load()["expression"]) == expected


def test_a_row_is_decoded_to_its_target() -> None:
    for row in _load():
        clip = generate_clip("val", int(row["video_id"][-6:]), num_frames=2, size=(48, 64))
        pixels = decode_row(row)
        assert (pixels["frames"] == clip.frames).all()
        assert (pixels["masks"] == clip.masks[row["object_ids"][0] - 1]).all()


def test_a_row_without_objects_has_empty_masks() -> None:
    pixels = decode_row(_load()[0] | {"object_ids": []})
    assert pixels["masks"].shape == (2, 48, 64)
    assert pixels["masks"].dtype == np.bool_
    assert not pixels["masks"].any()


def test_the_config_reaches_the_decoded_frames() -> None:
    config = SceneConfig(num_objects=(2, 2), backgrounds=("plain",))
    clip = generate_clip("val", 0, num_frames=2, size=(48, 64), config=config)
    assert (decode_row(_load(config=config)[0])["frames"] == clip.frames).all()


def test_the_transform_draws_a_clip_once_and_only_when_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _load()
    of_first = sum(video == "val-0-000000" for video in rows["video_id"])
    drawn = Mock(side_effect=dataset.render_scene)
    monkeypatch.setattr(dataset, "render_scene", drawn)
    dataset._draw.cache_clear()
    opened = rows.with_transform(decode_rows)
    drawn.assert_not_called()
    batch = opened[: of_first + 1]
    assert drawn.call_count == 2
    assert [frames.shape for frames in batch["frames"]] == [(2, 48, 64, 3)] * (of_first + 1)
    assert batch["masks"][0].shape == (2, 48, 64)
    assert batch["expression"][0] == rows[0]["expression"]


def test_changing_decoded_frames_does_not_change_the_next_ones() -> None:
    row = _load()[0]
    first = decode_row(row)["frames"]
    kept = first.copy()
    first[:] = 0
    assert (decode_row(row)["frames"] == kept).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_clips": 0}, "num_clips: expected an integer of at least 1, got 0"),
        ({"kinds": ("appearance", "smell")}, "kinds: expected one or more out of appearance, got"),
        ({"kinds": "appearance"}, "kinds: expected one or more"),
        ({"kinds": ()}, "kinds: expected one or more"),
        ({"num_frames": 0}, "num_frames: expected an integer of at least 1, got 0"),
        ({"size": (20, 30)}, "height of at least 38 pixels"),
    ],
)
def test_bad_arguments_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        _load(**changes)


def test_a_config_of_one_look_has_nothing_to_say() -> None:
    config = SceneConfig(radius=(0.1, 0.11), colours=("red",), shapes=("star",), textures=("plain",))
    with pytest.raises(ValueError, match="config: expected objects that appearance can tell apart"):
        _load(config=config)
