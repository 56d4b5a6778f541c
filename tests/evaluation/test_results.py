"""What comes out of a model for the expressions of a drawn clip."""

import numpy as np
import pytest
import torch

from refsam_hf.benchmarks.shapes import iterate_shapes
from refsam_hf.evaluation.results import ExpressionResult, score_masks, segment_clip


@pytest.fixture(scope="module")
def model(tiny_model):
    return tiny_model()


def drawn(kind):
    clips = iterate_shapes("val", num_clips=1, num_frames=4, size=(48, 64), kinds=(kind,))
    _, clip, expressions = next(clips)
    return clip, expressions


def test_masks_and_scores_are_those_of_the_model(model, tiny_processor):
    clip, expressions = drawn("appearance")
    results = segment_clip(model, tiny_processor, clip, expressions)
    assert [result.expression for result in results] == expressions
    inputs = tiny_processor(video=clip.frames, text=[expression.text for expression in expressions])
    with torch.no_grad():
        output = model(**{name: inputs[name] for name in ("pixel_values", "input_ids", "attention_mask")})
    for place, result in enumerate(results):
        assert result.masks.shape == (4, 48, 64)
        assert result.masks.dtype == bool
        assert result.clip is clip
        np.testing.assert_allclose(result.iou_scores, output.iou_scores[0, place], rtol=1e-5)
        frames = [output.pred_masks[0, place : place + 1, t] for t in range(4)]
        expected = tiny_processor.post_process_masks(frames, [(48, 64)] * 4)
        np.testing.assert_array_equal(result.masks, torch.cat(expected).numpy())


def test_the_model_reads_the_texts_that_are_given_in_their_place(model, tiny_processor):
    clip, expressions = drawn("appearance")
    as_said = segment_clip(model, tiny_processor, clip, expressions)
    crossed = segment_clip(model, tiny_processor, clip, expressions, [item.text for item in reversed(expressions)])
    for result, other in zip(as_said, reversed(crossed), strict=True):
        np.testing.assert_allclose(result.iou_scores, other.iou_scores, rtol=1e-4)
        assert result.expression is not other.expression
    with pytest.raises(ValueError, match="texts: expected 2, one per expression, got 1"):
        segment_clip(model, tiny_processor, clip, expressions, ["one"])


def test_an_expression_is_scored_against_its_target_and_the_others_that_are_named():
    clip, expressions = drawn("appearance")
    expression = expressions[0]
    (target,) = expression.object_ids
    right = ExpressionResult(clip, expression, clip.masks[target - 1], np.ones(4))
    np.testing.assert_array_equal(right.truth, clip.masks[target - 1])
    assert right.scores.j_mean == right.scores.f_mean == 1
    others = {object_id for other in clip.expressions for object_id in other.object_ids} - {target}
    assert others
    assert right.scores.j_swapped == (0.0,) * len(others)
    wrong = score_masks(clip, expression, clip.masks[others.pop() - 1])
    assert wrong.j_mean == 0
    assert max(wrong.j_swapped) == 1


def test_frames_count_from_the_decision_on():
    clip, (expression, _) = drawn("motion")
    assert expression.decidable_from > 0
    result = ExpressionResult(clip, expression, np.zeros_like(clip.masks[0]), np.ones(4))
    np.testing.assert_array_equal(result.scores.counted, np.arange(4) >= expression.decidable_from)


def test_nothing_is_right_for_what_is_true_of_nothing():
    clip, (expression, _) = drawn("absent")
    assert not ExpressionResult(clip, expression, clip.masks[0], np.ones(4)).truth.any()
    assert score_masks(clip, expression, clip.masks[0]).j_mean == 0
    assert score_masks(clip, expression, np.zeros_like(clip.masks[0])).j_mean == 1
