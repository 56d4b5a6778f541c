"""The table, what it is decoded to, and which clips are in it."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from refsam_hf.benchmarks.rows import row_features
from refsam_hf.benchmarks.shapes import (
    MIX,
    Expression,
    SceneConfig,
    ShapesClip,
    dataset,
    decode_row,
    decode_rows,
    generate_clip,
    iterate_shapes,
    load_shapes,
)
from refsam_hf.benchmarks.shapes.address import ClipAddress
from refsam_hf.benchmarks.shapes.dataset import kind_order, own_expressions
from refsam_hf.benchmarks.shapes.scene import Scene, ShapeObject
from refsam_hf.benchmarks.shapes.vocabulary import UNSEEN_PAIRS

SIZE = (48, 64)


def _load(**changes: Any) -> Any:
    arguments: dict[str, Any] = {"num_clips": 3, "num_frames": 12, "size": SIZE} | changes
    return load_shapes("val", **arguments)


def test_rows_follow_the_schema() -> None:
    rows = _load(seed=4)
    assert rows.features == row_features({"kind": "string", "decidable_from": "int32", "clip": "string"})
    clip = generate_clip("val", 0, kind="motion", seed=4, num_frames=12, size=SIZE)
    expression = own_expressions(clip)[1]
    uri = "shapes://val/motion?seed=4&index=0&frames=12&height=48&width=64"
    assert expression.decidable_from > 0
    assert rows[5] == {
        "benchmark": "shapes",
        "split": "val",
        "video_id": "val-motion-4-000000",
        "expression_id": "1",
        "expression": expression.text,
        "object_ids": list(expression.object_ids),
        "annotator": 0,
        "frames_dir": uri,
        "frame_names": [f"{t:05d}" for t in range(12)],
        "masks": uri,
        "kind": "motion",
        "decidable_from": expression.decidable_from,
        "clip": uri,
    }


def test_there_are_two_rows_of_every_clip() -> None:
    drawn = [(address.video_id, e.text) for address, _, own in iterate_shapes("val", **_few(20)) for e in own]
    rows = _load(num_clips=20)
    assert list(zip(rows["video_id"], rows["expression"], strict=True)) == drawn
    assert set(Counter(rows["video_id"]).values()) == {2}
    assert Counter(rows["kind"]) == {kind: 2 * share for kind, share in MIX.items()}


def _few(num_clips: int) -> dict[str, Any]:
    return {"num_clips": num_clips, "num_frames": 12, "size": SIZE}


def test_a_row_is_decoded_to_its_target() -> None:
    drawn = {address.video_id: clip for address, clip, _ in iterate_shapes("val", **_few(20))}
    for row in _load(num_clips=20):
        clip, pixels = drawn[row["video_id"]], decode_row(row)
        assert (pixels["frames"] == clip.frames).all()
        target = clip.masks[row["object_ids"][0] - 1] if row["object_ids"] else np.zeros_like(clip.masks[0])
        assert (pixels["masks"] == target).all()
        assert not pixels["void"].any()


def test_a_row_without_objects_has_empty_masks() -> None:
    row = _load(num_clips=1, kinds=("absent",))[0]
    assert row["object_ids"] == []
    masks = decode_row(row)["masks"]
    assert masks.shape == (12, *SIZE)
    assert masks.dtype == np.bool_
    assert not masks.any()


def test_the_config_reaches_the_decoded_frames() -> None:
    config = SceneConfig(num_objects=(2, 2), backgrounds=("plain",))
    clip = generate_clip("val", 0, num_frames=12, size=SIZE, config=config)
    assert (decode_row(_load(num_clips=1, config=config)[0])["frames"] == clip.frames).all()


def test_the_transform_draws_a_clip_once_and_only_when_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _load()
    drawn = Mock(side_effect=dataset.render_scene)
    monkeypatch.setattr(dataset, "render_scene", drawn)
    dataset._draw.cache_clear()
    opened = rows.with_transform(decode_rows)
    drawn.assert_not_called()
    batch = opened[:3]
    assert drawn.call_count == 2
    assert [frames.shape for frames in batch["frames"]] == [(12, *SIZE, 3)] * 3
    assert batch["masks"][0].shape == (12, *SIZE)
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
        ({"kinds": ("motion", "smell")}, "kinds: expected one or more out of appearance, relation, motion, "),
        ({"kinds": "motion"}, "kinds: expected one or more"),
        ({"kinds": ()}, "kinds: expected one or more"),
        ({"num_frames": 0}, "num_frames: expected an integer of at least 1, got 0"),
        ({"size": (20, 30)}, "height of at least 38 pixels"),
        ({"config": SceneConfig(num_objects=(2, 2)), "kinds": ("relation",)}, "expected up to 3 objects at least"),
        (
            {"config": SceneConfig(colours=("red",), shapes=("ring",))},
            "colours and shapes: expected at least one pair",
        ),
    ],
)
def test_bad_arguments_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        _load(**changes)


TWINS = SceneConfig(radius=(0.1, 0.11), colours=("red",), shapes=("star",), textures=("plain",))


@pytest.mark.parametrize(
    ("kind", "num_frames", "config"),
    [
        ("appearance", 12, TWINS),
        ("motion", 3, SceneConfig()),
        ("reappearance", 6, SceneConfig()),
    ],
)
def test_a_search_for_something_to_say_ends(kind: str, num_frames: int, config: SceneConfig) -> None:
    last = ClipAddress("val", 49, kind, 0, num_frames, SIZE, config).uri()
    message = re.escape(f"50 in a row without two expressions of the kind '{kind}', the last of them {last}: ")
    with pytest.raises(ValueError, match=message):
        _load(num_clips=1, kinds=(kind,), num_frames=num_frames, config=config)


@pytest.mark.parametrize("num_clips", [20, 100, 400])
def test_the_mix_is_exact_in_every_twenty_clips(num_clips: int) -> None:
    counts = Counter(islice(kind_order(tuple(MIX)), num_clips))
    shares = {"appearance": 0.4, "relation": 0.25, "motion": 0.15, "reappearance": 0.1, "absent": 0.1}
    assert counts == {kind: share * num_clips for kind, share in shares.items()}


def test_the_first_clips_are_mixed_as_nearly_as_can_be() -> None:
    order = list(islice(kind_order(tuple(MIX)), 100))
    for count in range(1, 101):
        for kind, share in MIX.items():
            assert abs(order[:count].count(kind) - count * share / 20) < 1


def test_some_of_the_kinds_keep_their_proportions_whatever_their_order() -> None:
    order = list(islice(kind_order(("absent", "motion")), 50))
    assert Counter(order) == {"motion": 30, "absent": 20}
    assert order == list(islice(kind_order(("motion", "absent")), 50))
    assert set(islice(kind_order(["relation"]), 5)) == {"relation"}


def test_clips_of_which_too_little_can_be_said_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    draw_clip = dataset.draw_clip

    def draw(address: ClipAddress) -> ShapesClip:
        clip = draw_clip(address)
        speechless = address.kind == "motion" and address.index in (0, 2, 3)
        return replace(clip, expressions=own_expressions(clip)[:1]) if speechless else clip

    monkeypatch.setattr(dataset, "draw_clip", draw)
    drawn = list(iterate_shapes("test", kinds=("motion", "absent"), **_few(5)))
    places = [(address.kind, address.index) for address, _, _ in drawn]
    assert places == [("motion", 1), ("absent", 0), ("motion", 4), ("absent", 1), ("motion", 5)]


def test_clips_are_drawn_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = Mock(side_effect=dataset.draw_clip)
    monkeypatch.setattr(dataset, "draw_clip", draw)
    next(iterate_shapes("test", **_few(1000)))
    assert draw.call_count == 1


def test_every_target_of_test_unseen_is_of_an_unseen_pair() -> None:
    for address, clip, own in iterate_shapes("test-unseen", **_few(40)):
        for expression in own:
            for number in expression.object_ids:
                item = clip.scene.objects[number - 1]
                assert (item.colour, item.shape) in UNSEEN_PAIRS, address


@pytest.mark.parametrize(
    ("object_ids", "kept"),
    [
        ([1, 1, 2, 3], [0, 2]),
        ([1, 1, 1], [0, 1]),
        ([2, 1], [0, 1]),
        ([1], [0]),
        ([], []),
    ],
)
def test_the_two_expressions_of_a_clip_are_of_its_kind_and_of_different_objects_if_they_can(
    clips_of: Callable[[str], list[ShapesClip]], object_ids: list[int], kept: list[int]
) -> None:
    own = [Expression(str(number), "relation", (target,)) for number, target in enumerate(object_ids)]
    others = [Expression("other", "appearance", (4,)), Expression("none", "absent", ())]
    clip = replace(clips_of("relation")[0], expressions=[others[0], *own, others[1]])
    assert [e.text for e in own_expressions(clip)] == [str(number) for number in kept]


def test_absent_expressions_count_as_of_one_object(clips_of: Callable[[str], list[ShapesClip]]) -> None:
    clip = replace(clips_of("absent")[0], expressions=[Expression(text, "absent", ()) for text in "abc"])
    assert [e.text for e in own_expressions(clip)] == ["a", "b"]


def test_only_objects_of_unseen_pairs_are_asked_for_where_there_are_such(
    make_object: Callable[..., ShapeObject], make_scene: Callable[..., Scene]
) -> None:
    scene = make_scene(make_object("red", "star"), make_object("red", "ring"), make_object("green", "star"))
    said = [Expression(str(number), "appearance", (number,)) for number in (1, 2, 3)]
    pixels = np.zeros((3, 1, 2, 2), dtype=bool)
    clip = ShapesClip(np.zeros((1, 2, 2, 3), dtype=np.uint8), pixels, scene, said)
    assert [e.text for e in own_expressions(clip)] == ["2", "3"]
    seen = make_scene(make_object("red", "star"), make_object("blue", "star"), make_object("red", "circle"))
    assert [e.text for e in own_expressions(replace(clip, scene=seen))] == ["1", "2"]
