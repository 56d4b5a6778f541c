"""Validation: a model that is right, one that does not listen, and the J of a training batch."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from refsam_hf.benchmarks.shapes import generate_clip
from refsam_hf.training.clips import masks_of
from refsam_hf.training.validation import batch_jaccard, validate

SIZE = (48, 64)


class Oracle(torch.nn.Module):
    """Gives prepared masks, as logits of the padded square."""

    def __init__(self, processor, choose):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.processor, self.choose = processor, choose
        self.modes, self.clip = [], None

    def forward(self, pixel_values, input_ids, attention_mask):
        self.modes.append(self.training)
        masks = np.stack([masks_of(self.clip, self.choose(e, self.clip)) for e in self.clip.expressions])
        labels = self.processor.video_processor.preprocess_masks(masks)  # (E, T, S, S)
        return SimpleNamespace(pred_masks=torch.where(labels == 1, 9.0, -9.0)[None])

    def clips(self, count):
        for index in range(count):
            self.clip = generate_clip("val", index, num_frames=2, size=SIZE)
            yield self.clip


def test_the_true_masks_score_near_one(model_and_processor):
    oracle = Oracle(model_and_processor[1], lambda expression, clip: expression.object_ids)
    scores = validate(oracle, model_and_processor[1], oracle.clips(3))
    # the frames are 64 wide and the model sees 48
    assert scores["j"] > 0.75
    assert scores["f"] > 0.9
    assert scores["j_and_f"] == pytest.approx((scores["j"] + scores["f"]) / 2)
    assert scores["j_swapped"] < 0.05
    assert oracle.modes == [False] * 3
    assert oracle.training


def test_a_model_that_takes_everything_gets_as_much_when_expressions_are_swapped(model_and_processor):
    every = Oracle(model_and_processor[1], lambda expression, clip: tuple(range(1, len(clip.masks) + 1)))
    scores = validate(every, model_and_processor[1], every.clips(3))
    assert scores["j"] < 0.6
    assert scores["j_swapped"] == pytest.approx(scores["j"], abs=0.15)


def test_no_clip():
    with pytest.raises(ValueError, match="no clip"):
        validate(torch.nn.Linear(1, 1), None, [])


def test_a_real_model_runs_at_the_frames_own_size(model_and_processor):
    model, processor = model_and_processor
    scores = validate(model, processor, [generate_clip("val", 0, num_frames=2, size=SIZE)])
    assert all(0 <= value <= 1 for value in scores.values())


def test_jaccard_of_a_batch():
    labels = torch.zeros(1, 2, 2, 4, 4, dtype=torch.uint8)
    labels[0, 0, 0, :2] = 1  # 8 pixels; half of them are found, and as many wrong ones
    labels[0, 0, 1] = 1
    labels[0, 1] = 255  # padding
    logits = torch.full((1, 2, 2, 4, 4), -1.0)
    logits[0, 0, 0, 1:3] = 1.0
    logits[0, 0, 1] = 1.0
    logits[0, 1] = 1.0
    assert batch_jaccard(logits, labels) == pytest.approx((4 / 12 + 1) / 2)
    labels[0, 0, 0, 2, 2:] = 255  # two of the wrong pixels are not asked for
    assert batch_jaccard(logits, labels) == pytest.approx((4 / 10 + 1) / 2)
    assert batch_jaccard(logits[:, 1:], labels[:, 1:]) is None
