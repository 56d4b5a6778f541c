"""A step: it does not depend on how its clips are dealt out, and nothing that is no number is learned."""

import copy
import itertools

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from refsam_hf.training.clips import ClipCollator
from refsam_hf.training.lessons import PARTS, Lessons
from refsam_hf.training.shapes_clips import ShapesClips
from refsam_hf.training.step import TrainingDivergedError, take_step


@pytest.fixture
def make(model_and_processor):
    """A model, the lessons that it is asked, its optimizer, the same each time, and an accelerator for a number of
    batches a step."""

    def make_it(batches, **weights):
        AcceleratorState._reset_state(reset_partial_state=True)
        accelerator = Accelerator(cpu=True, gradient_accumulation_steps=batches)
        model = Lessons(copy.deepcopy(model_and_processor[0])).train()
        torch.manual_seed(0)
        for name, parameter in model.named_parameters():
            if not name.startswith("model."):  # heads that have begun to learn
                torch.nn.init.normal_(parameter, std=0.1)
        for name, weight in weights.items():
            setattr(model, f"{name}_weight", weight)
        return accelerator, *accelerator.prepare(model, torch.optim.SGD(model.parameters(), lr=1.0))

    return make_it


@pytest.fixture
def clips(model_and_processor):
    """Four clips, two of them with one expression, the others with more."""
    return draw(model_and_processor[1], 1)


def draw(processor, num_frames):
    drawn = ShapesClips(processor, 4, num_frames=num_frames, max_expressions=4, frame_sizes=[(48, 48)])
    clips = [drawn[index] for index in range(4)]
    assert all(len(clip["input_ids"]) > 1 for clip in clips)
    whole = ("pixel_values", "object_masks")
    for clip in clips[:2]:
        clip |= {name: tensor[:1] for name, tensor in clip.items() if name not in whole}
    return clips


def batches_of(clips, size):
    return [ClipCollator(0)(clips[first : first + size]) for first in range(0, len(clips), size)]


@pytest.mark.parametrize("lessons", [(), PARTS[1:]], ids=["without lessons", "with all of them"])
def test_batches_of_any_size_give_the_same_step(make, model_and_processor, lessons):
    clips, results, means = draw(model_and_processor[1], 2), {}, []
    for size in (4, 2, 1):
        batches = batches_of(clips, size)
        accelerator, model, optimizer = make(len(batches), **dict.fromkeys(lessons, 1.0))
        with torch.no_grad():
            means.append(sum(model(**batch).loss.item() for batch in batches) / len(batches))
        result = take_step(accelerator, model, optimizer, batches, 1e6)
        results[size] = result.loss.item(), result.grad_norm, [p.detach().clone() for p in model.parameters()]
    assert results[4][0] == pytest.approx(means[0])
    assert abs(means[0] - means[2]) > 1e-3 * means[0], "means of means would be another loss"
    for one, other in itertools.combinations(results.values(), 2):
        assert one[0] == pytest.approx(other[0], rel=1e-5)  # of float32 sums in another order
        assert one[1] == pytest.approx(other[1], rel=1e-5)
        for weight, same in zip(one[2], other[2], strict=True):
            torch.testing.assert_close(weight, same, atol=1e-5, rtol=1e-4)


def test_the_loss_is_that_of_the_model(make, clips):
    accelerator, model, optimizer = make(1)
    (batch,) = batches_of(clips, 4)
    with torch.no_grad():
        expected = model(**batch).loss.item()
    assert take_step(accelerator, model, optimizer, [batch], 1e6).loss.item() == expected


def test_the_gradient_is_clipped_and_its_norm_told_as_it_was(make, clips):
    accelerator, model, optimizer = make(1)  # plain descent with a learning rate of 1: the step is the gradient
    before = [parameter.detach().clone() for parameter in model.parameters()]
    norm = take_step(accelerator, model, optimizer, batches_of(clips, 4), 1e-3).grad_norm
    assert norm > 0.01
    moved = [weight.detach() - old for weight, old in zip(model.parameters(), before, strict=True)]
    step = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(way) for way in moved])).item()
    assert step == pytest.approx(1e-3, rel=0.05)  # of float32 weights


def test_what_is_no_number_is_not_learned(make, clips):
    batches = batches_of(clips, 2)
    accelerator, model, optimizer = make(2)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    batches[1]["pixel_values"][0, 0, 0, 0, 0] = float("nan")
    with pytest.raises(TrainingDivergedError, match="the loss is nan") as raised:
        take_step(accelerator, model, optimizer, batches, 1.0)
    assert raised.value.batch == 1
    assert all(torch.equal(weight, same) for weight, same in zip(model.parameters(), before, strict=True))


def test_a_gradient_that_is_no_number_is_not_learned(make, clips):
    accelerator, model, optimizer = make(1)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    model.model.mask_decoder.mask_tokens.weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(TrainingDivergedError, match="the norm of the gradient is") as raised:
        take_step(accelerator, model, optimizer, batches_of(clips, 4), 1.0)
    assert raised.value.batch is None
    assert all(torch.equal(weight, same) for weight, same in zip(model.parameters(), before, strict=True))


def test_a_step_without_anything_to_learn(make, clips):
    (batch,) = batches_of(clips, 4)
    batch["labels"][:] = 255
    accelerator, model, optimizer = make(1)
    assert take_step(accelerator, model, optimizer, [batch], 1.0).loss.item() == 0.0
