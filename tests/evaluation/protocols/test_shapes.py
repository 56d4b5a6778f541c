import numpy as np
import pytest

from refsam_hf.benchmarks.shapes import iterate_shapes, load_shapes
from refsam_hf.benchmarks.shapes.dataset import decode_masks as truth_of
from refsam_hf.evaluation.by_kind import summarise
from refsam_hf.evaluation.protocols import protocol_of
from refsam_hf.evaluation.results import score_masks

OPTIONS = {"num_clips": 8, "num_frames": 12, "size": (48, 64), "kinds": ("reappearance", "absent", "relation")}


def test_it_is_the_table_of_the_benchmark(predicted):
    protocol, rows = protocol_of("shapes"), list(load_shapes("val", **OPTIONS))
    items, direct = [], []
    for _, clip, expressions in iterate_shapes("val", **OPTIONS):
        own = [row for row in rows if row["video_id"] == rows[2 * (len(items) // 2)]["video_id"]]
        masks = [np.roll(clip.masks_of(expression.object_ids), 2, axis=2) for expression in expressions]
        found = {row["expression_id"]: predicted(mask) for row, mask in zip(own, masks, strict=True)}
        items += protocol.score_video(own, found, truth_of)
        direct += [score_masks(clip, *pair) for pair in zip(expressions, masks, strict=True)]
    assert [item["scored"] for item in items] == [scores.scored.tolist() for scores in direct]
    assert {all(item["scored"]) for item in items} == {True, False}
    table = protocol.summarise(items)
    assert {"reappearance", "absent", "relation", "all"} == set(table)
    assert 0 < table["all"]["j_and_f"] < 1
    for kind, line in summarise(direct).items():
        assert table[kind] == pytest.approx(line, nan_ok=True)


def test_what_was_not_handed_in_scores_0():
    protocol, rows = protocol_of("shapes"), list(load_shapes("val", **OPTIONS))
    items = [item for row in rows for item in protocol.score_video([row], {}, truth_of)]
    assert protocol.summarise(items)["all"]["j_and_f"] == 0.0
    with pytest.raises(ValueError, match="expected an expression of the clip, got 'the cat'"):
        protocol.score_video([rows[0] | {"expression": "the cat"}], {}, truth_of)
