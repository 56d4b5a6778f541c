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


def test_padding_does_not_change_the_loss(clips, model_and_processor):
    """A clip alone, and beside one with more expressions and words."""
    model, collate = model_and_processor[0], ClipCollator(0)
    rows = [clips[index] for index in range(12)]
    rows.sort(key=lambda row: row["input_ids"].numel())
    few, many = rows[0], rows[-1]
    whole = ("pixel_values", "object_masks")
    few = {name: value if name in whole else value[:1] for name, value in few.items()}

    def run(*clips):
        taken = ("pixel_values", "input_ids", "attention_mask", "labels", "words_seen")
        with torch.no_grad():
            return model(**{name: value for name, value in collate(clips).items() if name in taken}).pred_masks

    alone = [run(row)[0] for row in (few, many)]
    together = run(few, many)
    torch.testing.assert_close(together[0, :1], alone[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(together[1], alone[1], atol=1e-4, rtol=0)
