"""The session, and the promises about it: online, each expression for itself, in constant memory."""

import dataclasses
import gc
import tracemalloc
import weakref

import numpy as np
import pytest
import torch

from refsam_hf import RefSamFrameOutput


@pytest.fixture(scope="module")
def model(tiny_model):
    """Not to be changed by a test."""
    return tiny_model()


@pytest.fixture
def start(tiny_processor, tiny_texts):
    return lambda text=tiny_texts: tiny_processor.init_video_session(text)


def propagate(model, session, video, **kwargs):
    return list(model.propagate_in_video_iterator(session, video, **kwargs))


def assert_same(outputs, expected, expressions=slice(None)):
    assert len(outputs) == len(expected) > 0
    for output, other in zip(outputs, expected, strict=True):
        assert output.frame_index == other.frame_index
        torch.testing.assert_close(output.pred_masks, other.pred_masks[expressions], atol=1e-4, rtol=0)
        torch.testing.assert_close(output.iou_scores, other.iou_scores[expressions], atol=1e-4, rtol=0)


def test_a_step(model, start, tiny_clip):
    session = start()
    assert (session.text, session.num_expressions) == (["the red circle on the left", "blue square"], 2)
    assert (session.frame_index, session.track_tokens, session.text_embeddings) == (0, None, None)
    for index in range(2):
        output = model(inference_session=session, frame=tiny_clip[index])
        assert isinstance(output, RefSamFrameOutput)
        assert output.frame_index == index
        assert output.pred_masks.shape == (2, 24, 24)
        assert output.iou_scores.shape == (2,)
        assert output.original_size == (30, 40)
        assert session.frame_index == index + 1
        assert session.track_tokens.shape == (1, 2, 32)


# Promise 1: frame t's mask depends on frames <= t only; frames one by one, or read ahead in chunks: the same masks.


def test_frame_by_frame_is_the_differentiable_forward_over_the_clip(
    model, start, tiny_processor, tiny_clip, tiny_texts
):
    outputs = propagate(model, start(), tiny_clip)
    whole = model(**tiny_processor(video=tiny_clip, text=tiny_texts))
    assert whole.pred_masks.requires_grad
    torch.testing.assert_close(
        torch.stack([output.pred_masks for output in outputs], dim=1), whole.pred_masks[0], atol=1e-4, rtol=0
    )
    torch.testing.assert_close(
        torch.stack([output.iou_scores for output in outputs], dim=1), whole.iou_scores[0], atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("chunk_size", [2, 3, 5, 100])
def test_reading_ahead_changes_nothing(model, start, tiny_clip, chunk_size):
    expected = propagate(model, start(), tiny_clip)
    assert_same(propagate(model, start(), tiny_clip, chunk_size=chunk_size), expected)


def test_a_camera_changes_nothing(model, start, tiny_clip):
    session = start()
    outputs = [model(inference_session=session, frame=frame) for frame in tiny_clip]
    assert_same(outputs, propagate(model, start(), tiny_clip))


@pytest.mark.parametrize("chunk_size", [1, 3])
def test_later_frames_do_not_count(model, start, tiny_clip, chunk_size):
    expected = propagate(model, start(), tiny_clip, chunk_size=chunk_size)
    other = tiny_clip.copy()
    other[2:] = 255 - other[2:]
    outputs = propagate(model, start(), other, chunk_size=chunk_size)
    assert_same(outputs[:2], expected[:2])
    assert (outputs[2].pred_masks - expected[2].pred_masks).abs().max() > 1e-2


def test_earlier_frames_do(model, start, tiny_clip):
    expected = propagate(model, start(), tiny_clip)
    other = np.concatenate([255 - tiny_clip[:1], tiny_clip[1:]])
    outputs = propagate(model, start(), other)
    assert (outputs[1].pred_masks - expected[1].pred_masks).abs().max() > 1e-2


def test_a_frame_is_read_when_the_one_before_was_used(model, start, tiny_clip):
    asked = []

    def camera():
        for index, frame in enumerate(tiny_clip):
            asked.append(index)
            yield frame

    for output in model.propagate_in_video_iterator(start(), camera()):
        assert asked == list(range(output.frame_index + 1))
    asked.clear()
    for output in model.propagate_in_video_iterator(start(), camera(), chunk_size=2):
        assert len(asked) == min(output.frame_index // 2 * 2 + 2, len(tiny_clip))


# Promise 2: expressions together or alone: the same masks; no state passes from one to another.


@pytest.mark.parametrize("expression", [0, 1])
def test_expressions_together_or_alone(model, start, tiny_clip, tiny_texts, expression):
    together = propagate(model, start(), tiny_clip)
    alone = propagate(model, start(tiny_texts[expression]), tiny_clip)
    assert_same(alone, together, slice(expression, expression + 1))
    assert (together[-1].pred_masks[0] - together[-1].pred_masks[1]).abs().max() > 1e-2


def test_their_order_does_not_count(model, start, tiny_clip, tiny_texts):
    forwards = propagate(model, start(), tiny_clip)
    assert_same(propagate(model, start(tiny_texts[::-1]), tiny_clip), forwards, [1, 0])


def test_two_sessions_do_not_disturb_each_other(model, start, tiny_clip):
    expected = [propagate(model, start(), tiny_clip), propagate(model, start("the circle"), tiny_clip[::-1])]
    iterators = [
        model.propagate_in_video_iterator(start(), tiny_clip),
        model.propagate_in_video_iterator(start("the circle"), tiny_clip[::-1]),
    ]
    steps = list(zip(*iterators, strict=True))
    for index in range(2):
        assert_same([step[index] for step in steps], expected[index])


def test_reset_starts_anew(model, start, tiny_model, tiny_clip):
    session = start()
    expected = propagate(model, session, tiny_clip)
    session.reset()
    assert_same(propagate(model, session, tiny_clip), expected)
    # nothing stays behind, not even what another model saw in the words
    session.reset()
    other = tiny_model(mlp_hidden_layers=0)
    assert_same(propagate(other, session, tiny_clip), propagate(other, start(), tiny_clip))
    assert session.text == start().text


def test_a_session_goes_on_where_it_stopped(model, start, tiny_clip):
    session = start()
    outputs = propagate(model, session, tiny_clip[:2]) + propagate(model, session, tiny_clip[2:])
    assert_same(outputs, propagate(model, start(), tiny_clip))


# Promise 3: memory does not grow with the length of a video.


def tensors_of(value, seen):
    """The tensors that can be reached from an object's attributes, by identity of their memory."""
    if isinstance(value, torch.Tensor):
        seen[value.untyped_storage().data_ptr()] = value.untyped_storage().nbytes()
    elif isinstance(value, dict):
        for item in value.values():
            tensors_of(item, seen)
    elif isinstance(value, list | tuple):
        for item in value:
            tensors_of(item, seen)
    elif dataclasses.is_dataclass(value):
        tensors_of(dict(vars(value)), seen)
    return seen


def test_a_session_does_not_grow(model, start, tiny_clip):
    session = start()
    sizes = []
    for frame in [*tiny_clip, *tiny_clip]:
        model(inference_session=session, frame=frame)
        sizes.append(sum(tensors_of(vars(session), {}).values()))
    assert sizes[0] > 1000
    assert set(sizes) == {sizes[0]}


@pytest.mark.parametrize("chunk_size", [1, 4])
def test_memory_is_flat_over_a_long_video(tiny_model, start, chunk_size):
    """300 frames; each is gone when the next chunk is read, and nothing else is left of it."""
    model = tiny_model(vision_config={"num_hidden_layers": 1, "global_attn_indexes": [0]}, dense_embeddings="da")
    alive = weakref.WeakSet()
    generator = np.random.default_rng(0)

    class Frame(np.ndarray):
        """Arrays of numpy are not hashable."""

        __hash__ = object.__hash__

    def camera():
        for _ in range(300):
            frame = generator.integers(0, 256, (16, 16, 3), dtype=np.uint8).view(Frame)
            alive.add(frame)
            yield frame
            del frame

    objects, traced = {}, {}
    tracemalloc.start()
    try:
        for output in model.propagate_in_video_iterator(start("circle"), camera(), chunk_size=chunk_size):
            assert len(alive) <= chunk_size + 1
            if output.frame_index in (60, 296):
                gc.collect()
                objects[output.frame_index] = len(gc.get_objects())  # tensors among them
                traced[output.frame_index] = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert output.frame_index == 299
    assert objects[296] - objects[60] < 20
    # 236 frames alone would be 180 kB; what Python's allocator is slow to reuse stays far below
    assert traced[296] - traced[60] < 60_000


# Bad input


def test_a_failed_step_changes_nothing(model, start, tiny_clip):
    expected = propagate(model, start(), tiny_clip)
    session = start()
    outputs = [model(inference_session=session, frame=frame) for frame in tiny_clip[:2]]
    with pytest.raises(ValueError, match=r"frame 2: .*got 1x4000"):
        model(inference_session=session, frame=np.zeros((1, 4000, 3), np.uint8))
    outputs += [model(inference_session=session, frame=frame) for frame in tiny_clip[2:]]
    assert_same(outputs, expected)


def test_a_step_without_a_frame(model, start):
    with pytest.raises(ValueError, match="a session needs its next frame"):
        model(inference_session=start())


def test_a_chunk_of_nothing(model, start, tiny_clip):
    with pytest.raises(ValueError, match="chunk_size must be at least 1, got 0"):
        propagate(model, start(), tiny_clip, chunk_size=0)


def test_a_video_of_nothing(model, start):
    with pytest.raises(ValueError, match="at least one frame"):
        propagate(model, start(), iter([]))
    with pytest.raises(OSError, match=r"nowhere\.mp4"):
        propagate(model, start(), "nowhere.mp4")


def test_frames_of_different_sizes_from_a_camera(model, start, tiny_clip):
    session = start()
    sizes = [
        model(inference_session=session, frame=frame).original_size
        for frame in (tiny_clip[0], tiny_clip[1, :, :20], tiny_clip[2, :9])
    ]
    assert sizes == [(30, 40), (30, 20), (9, 40)]


def test_gradients_are_on_between_two_frames(model, start, tiny_clip):
    for _ in model.propagate_in_video_iterator(start(), tiny_clip[:2]):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
