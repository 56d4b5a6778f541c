import numpy as np
import pytest
import torch

from refsam_hf.segmentation import segment_video


@pytest.fixture(scope="module")
def clip():
    from refsam_hf.benchmarks.shapes import generate_clip

    return generate_clip("test", 0, num_frames=5, size=(60, 80))


def test_every_frame_comes_back_with_its_masks_at_its_own_size(bundled_model, bundled_processor, clip):
    texts = [expression.text for expression in clip.expressions[:2]]
    steps = list(segment_video(bundled_model, bundled_processor, clip.frames, texts, chunk_size=2))
    assert [step.index for step in steps] == [0, 1, 2, 3, 4]
    for step, frame in zip(steps, clip.frames, strict=True):
        assert np.array_equal(step.frame, frame)
        assert step.masks.shape == (2, 60, 80)
        assert step.masks.dtype == np.bool_
        assert step.scores.shape == (2,)


def test_it_is_the_session_frame_by_frame(bundled_model, bundled_processor, clip):
    session = bundled_processor.init_video_session("the circle")
    steps = segment_video(bundled_model, bundled_processor, clip.frames, "the circle", mask_threshold=-1.0)
    for step, frame in zip(steps, clip.frames, strict=True):
        output = bundled_model(inference_session=session, frame=frame)
        (masks,) = bundled_processor.post_process_masks(
            [output.pred_masks], [output.original_size], mask_threshold=-1.0
        )
        assert torch.equal(torch.from_numpy(step.masks), masks)


def test_frames_are_asked_for_only_when_needed(bundled_model, bundled_processor, clip):
    asked = []

    def camera():
        for index, frame in enumerate(clip.frames):
            asked.append(index)
            yield frame

    steps = segment_video(bundled_model, bundled_processor, camera(), "the circle")
    assert asked == []
    next(steps)
    assert asked == [0]
    next(steps)
    assert asked == [0, 1]


def test_a_chunk_of_no_frames_is_an_error(bundled_model, bundled_processor, clip):
    with pytest.raises(ValueError, match="chunk_size must be at least 1, got 0"):
        next(segment_video(bundled_model, bundled_processor, clip.frames, "the circle", chunk_size=0))
