"""What the flow lesson asks, on masks drawn by hand."""

import pytest
import torch

from refsam_hf.training.flow import SCALE, FlowLesson, object_steps


@pytest.fixture
def object_masks():
    """(1, 2, 3, 48, 48): the first object moves right by 8 pixels a frame, the second comes into sight late."""
    masks = torch.zeros(1, 2, 3, 48, 48, dtype=torch.uint8)
    for t in range(3):
        masks[0, 0, t, 8:24, 8 * t : 8 * t + 16] = 1
        if t:
            masks[0, 1, t, 32 - 8 * t : 48 - 8 * t, 32:48] = 1
    masks[..., 40:, :] = 255  # padding
    return masks


def test_steps_are_those_of_the_centres(object_masks):
    cells, steps = object_steps(object_masks, 6, 6)
    assert steps[0, 0, 0].isnan().all()
    torch.testing.assert_close(steps[0, 0, 1:], torch.tensor([[8 / 48, 0.0]] * 2))
    assert steps[0, 1, :2].isnan().all(), "what was not seen before has made no step"
    assert cells[0, 0, 1].nonzero().tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]


def lesson_of(model):
    torch.manual_seed(0)
    lesson = FlowLesson(model).train()
    lesson.weight = 1.0
    return lesson


def batch_of(tiny_inputs, labels):
    return {**tiny_inputs, "labels": labels}


@pytest.fixture
def labels():
    return (torch.rand(1, 2, 3, 48, 48, generator=torch.Generator().manual_seed(2)) > 0.6).long()


def test_only_objects_that_may_be_meant_are_asked_for(tiny_model, tiny_inputs, labels, object_masks):
    lesson = lesson_of(tiny_model())
    batch = batch_of(tiny_inputs, labels)
    nothing, first, both = (
        lesson(object_masks, torch.tensor([[meant, meant]]), **batch).loss.item()
        for meant in ([False, False], [True, False], [True, True])
    )
    plain = lesson.model(**batch).loss.item()
    assert nothing == pytest.approx(plain)
    assert first > plain
    assert both != pytest.approx(first)


def test_a_head_that_knows_the_answer_loses_nothing(tiny_model, tiny_inputs, labels, object_masks):
    lesson = lesson_of(tiny_model())
    with torch.no_grad():
        lesson.head.weight.zero_()
        lesson.head.bias.copy_(SCALE * torch.tensor([8 / 48, 0.0]))
    meant = torch.tensor([[[True, False], [True, False]]])
    batch = batch_of(tiny_inputs, labels)
    assert lesson(object_masks, meant, **batch).loss.item() == pytest.approx(
        lesson.model(**batch).loss.item(), abs=1e-5
    )
    assert lesson.explained == pytest.approx(1.0)
    torch.nn.init.zeros_(lesson.head.bias)
    lesson(object_masks, meant, **batch)
    assert lesson.explained == pytest.approx(0.0)


def test_the_track_token_learns_from_it(tiny_model, tiny_inputs, labels, object_masks):
    model = tiny_model()
    lesson = lesson_of(model)
    meant = torch.ones(1, 2, 2, dtype=torch.bool)
    output = lesson(object_masks, meant, **batch_of(tiny_inputs, labels))
    (output.loss - model(**batch_of(tiny_inputs, labels)).loss).backward()
    assert any(weight.grad is not None and weight.grad.any() for weight in model.implicit_tracking.parameters())


def test_it_asks_nothing_of_a_model_that_is_measured(tiny_model, tiny_inputs, labels, object_masks):
    lesson = lesson_of(tiny_model())
    lesson.model.eval()
    batch = batch_of(tiny_inputs, labels)
    meant = torch.ones(1, 2, 2, dtype=torch.bool)
    assert lesson(object_masks, meant, **batch).loss.item() == pytest.approx(lesson.model(**batch).loss.item())
    assert not lesson._features
