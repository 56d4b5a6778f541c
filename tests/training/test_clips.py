"""Clips of different sizes are put into a batch without a trace of the padding."""

import torch

from refsam_hf.training.clips import ClipCollator
from refsam_hf.training.losses import IGNORE_INDEX


def test_padding_of_a_batch():
    short = {
        "pixel_values": torch.zeros(1, 3, 4, 4),
        "input_ids": torch.tensor([[5, 1]]),
        "attention_mask": torch.ones(1, 2, dtype=torch.long),
        "labels": torch.ones(1, 1, 4, 4, dtype=torch.uint8),
        "words_seen": torch.zeros(1, 1, dtype=torch.bool),
        "object_masks": torch.ones(3, 1, 4, 4, dtype=torch.uint8),
        "candidates": torch.tensor([[True, False, True]]),
        "anchors": torch.tensor([[False, True, False]]),
    }
    long = {
        "pixel_values": torch.ones(1, 3, 4, 4),
        "input_ids": torch.tensor([[5, 6, 1], [7, 8, 1]]),
        "attention_mask": torch.ones(2, 3, dtype=torch.long),
        "labels": torch.zeros(2, 1, 4, 4, dtype=torch.uint8),
        "words_seen": torch.ones(2, 1, dtype=torch.bool),
        "object_masks": torch.ones(2, 1, 4, 4, dtype=torch.uint8),
        "candidates": torch.ones(2, 2, dtype=torch.bool),
        "anchors": torch.zeros(2, 2, dtype=torch.bool),
    }
    batch = ClipCollator(9)([short, long])
    assert batch["input_ids"].tolist() == [[[5, 1, 9], [9, 9, 9]], [[5, 6, 1], [7, 8, 1]]]
    assert batch["attention_mask"].tolist() == [[[1, 1, 0], [0, 0, 0]], [[1, 1, 1], [1, 1, 1]]]
    assert batch["candidates"].int().tolist() == [[[1, 0, 1], [0, 0, 0]], [[1, 1, 0], [1, 1, 0]]]
    assert batch["anchors"].int().tolist() == [[[0, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]]
    assert batch["object_masks"].sum(dim=(2, 3, 4)).tolist() == [[16, 16, 16], [16, 16, 0]]
    assert batch["words_seen"].tolist() == [[[False], [True]], [[True], [True]]]
    assert batch["labels"].shape == (2, 2, 1, 4, 4)
    assert (batch["labels"][0, 0] == 1).all()
    assert (batch["labels"][0, 1] == IGNORE_INDEX).all()
    assert (batch["labels"][1] == 0).all()
    assert torch.equal(batch["pixel_values"][1], long["pixel_values"])
